import ProgramSpec
import SuperviseCore

/// When, and whether, a program that has ended is started again: `startretries`, `restart_delay`
/// with its factor, maximum and jitter, `restart_limit`, and never more than once a second.
struct RestartPace {
  let policy: RestartPolicy
  /// Failed starts in a row.
  private(set) var failures = 0
  /// Delays since the program was last up long enough.
  private var streak = 0
  private var restarts: [Instant] = []
  /// Starts in a row for which the machine had no process.
  private var shortages = 0

  init(_ policy: RestartPolicy) { self.policy = policy }

  mutating func forget() { self = RestartPace(policy) }

  mutating func forgetFailures() { failures = 0 }

  /// The program is ready, and has been up for `startsecs`.
  mutating func settle() { (failures, streak) = (0, 0) }

  /// A start has failed at `now`. nil: once too often.
  mutating func windowAfterFailure(at now: Instant) -> Window? {
    failures += 1
    let window = configuredWindow(from: now) ?? Window(at: now.advanced(by: .seconds(failures)))
    guard let retries = policy.startRetries, failures > retries else { return window }
    failures = 0
    return nil
  }

  /// The machine had no process for a start at `now`: no failure of the program.
  mutating func windowAfterShortage(at now: Instant) -> Window {
    shortages += 1
    return configuredWindow(from: now)
      ?? Window(at: now.advanced(by: .seconds(min(shortages, 10))))
  }

  mutating func endShortage() { shortages = 0 }

  /// A program that was started at `start` has exited at `now`.
  mutating func windowAfterExit(at now: Instant, startedAt start: Instant) -> Window {
    configuredWindow(from: now) ?? Window(at: max(now, start.advanced(by: .seconds(1))))
  }

  private mutating func configuredWindow(from now: Instant) -> Window? {
    guard let delay = policy.delay else { return nil }
    defer { streak = min(streak + 1, 64) }
    return Window(from: now, nominal(delay), jitterThousandths: delay.jitterThousandths)
  }

  private func nominal(_ delay: RestartDelay) -> Duration {
    var wait = delay.initial
    for _ in 0..<streak where wait < delay.maximum {
      wait = min(wait * delay.factorThousandths / 1000, delay.maximum)
    }
    return wait
  }

  func admitsRestart(at now: Instant) -> Bool {
    guard let limit = policy.limit else { return true }
    return restarts.count { now.elapsed(since: $0) <= limit.window } < limit.count
  }

  mutating func countRestart(at now: Instant) {
    if policy.limit != nil { restarts.append(now) }
  }
}

extension RestartPolicy {
  /// Whether the program planned this exit: it counts as no failure, however early.
  func isPlanned(_ status: ExitStatus) -> Bool {
    guard case .code(let code) = status else { return false }
    return plannedExitCodes.contains(code)
  }

  /// Whether a program that was RUNNING is started again after this exit.
  func followsExit(_ status: ExitStatus) -> Bool {
    switch automatic {
    case .never: return false
    case .always: return true
    case .unexpected:
      guard case .code(let code) = status else { return true }
      return !exitCodes.contains(code) && !plannedExitCodes.contains(code)
    }
  }
}
