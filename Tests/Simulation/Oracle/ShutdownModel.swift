import ProgramSpec
import SuperviseCore

/// The documented course of a shutdown: stop hooks, then programs, then the logger, then what is
/// left; each with a limit of time, and all of it within `shutdown_timeout`.
struct ShutdownModel {
  enum Phase { case up, hooks, stopping, flushing, sweeping, over }

  /// For the logger's last lines: programs are killed this much before `shutdown_timeout`, at most
  /// a second and at most a quarter of it.
  private static let maxReserve = Duration.seconds(1)
  /// SIGKILL may take this long, and less after one more signal.
  private static let killLimit = Duration.seconds(5)
  private static let shortKillLimit = Duration.seconds(1)
  private static let flushLimit = Duration.seconds(2)
  private static let sweepGrace = Duration.seconds(3)

  private let timeout: Duration
  var phase = Phase.up
  var isHurried = false
  var isReload = false
  var exitCode: Int32 = 0
  private var beganAt = Instant.zero
  /// The present phase ends by then; nil: no limit.
  private(set) var limit: Instant?
  /// What has to happen while the present event is handled.
  private(set) var isDue = false

  init(_ supervisor: Supervisor) { timeout = supervisor.shutdownTimeout }

  private var reserve: Duration { min(ShutdownModel.maxReserve, timeout / 4) }

  /// A limit of a phase, which leaves `rest` of `shutdown_timeout` for the phases behind it.
  private func bounded(_ instant: Instant, leaving rest: Duration) -> Instant {
    timeout == .zero ? instant : min(instant, beganAt.advanced(by: timeout - rest))
  }

  mutating func began(_ cause: ShutdownCause, at now: Instant) {
    phase = cause.allowsStopHooks ? .hooks : .stopping
    (beganAt, isReload, exitCode) = (now, cause == .reload, cause.documentedCode)
    limit = timeout == .zero ? nil : now.advanced(by: timeout - reserve)
  }

  /// A signal that begins a shutdown, while there is one.
  mutating func signalled(at now: Instant) {
    guard phase != .up, phase != .over else { return }
    if isReload {
      isReload = false
    } else if phase == .flushing || phase == .sweeping || !isHurried {
      isDue = true
    } else if phase == .stopping {
      let short = now.advanced(by: ShutdownModel.shortKillLimit)
      limit = min(limit ?? short, short)
    }
  }

  mutating func timePassed(at now: Instant) { if let limit, limit <= now { isDue = true } }

  mutating func hurried(at now: Instant) -> String? {
    guard isDue, phase == .hooks || phase == .stopping, !isHurried else {
      return "the shutdown became immediate without a reason"
    }
    (isHurried, isDue, phase) = (true, false, .stopping)
    limit = bounded(now.advanced(by: ShutdownModel.killLimit), leaving: reserve / 2)
    return nil
  }

  /// `isAnyActive`: processes are left behind.
  mutating func flushes(isAnyActive: Bool, at now: Instant) -> String? {
    guard phase == .hooks || phase == .stopping else { return "the logger was ended twice" }
    defer {
      (phase, isDue) = (.flushing, false)
      limit = bounded(now.advanced(by: ShutdownModel.flushLimit), leaving: reserve / 4)
    }
    return isAnyActive && !(isDue && isHurried)
      ? "the logger was ended while processes were left" : nil
  }

  mutating func sweeps(isFlushed: Bool, at now: Instant) -> String? {
    guard phase == .flushing else { return "the rest was ended while \(phase)" }
    defer {
      (phase, isDue) = (.sweeping, false)
      limit = bounded(now.advanced(by: ShutdownModel.sweepGrace), leaving: .zero)
    }
    return isFlushed || isDue ? nil : "the logger was not waited for"
  }

  /// `code` is nil where everything begins again.
  mutating func finishes(_ code: Int32?, isChildless: Bool) -> String? {
    guard phase == .sweeping else { return "the shutdown ended while \(phase)" }
    guard isChildless || isDue else { return "what was left was not waited for" }
    (phase, isDue, limit) = (.over, false, nil)
    let expected = isReload ? nil : exitCode
    return code == expected ? nil : "the end is \(code ?? -1), not \(expected ?? -1)"
  }

  /// A stop hook has failed that must not.
  mutating func stopHookFailed(_ status: ExitStatus?) {
    guard exitCode == 0 else { return }
    exitCode = ShutdownCause.hookFailed(InstanceID(0), status).documentedCode
  }
}

extension ShutdownCause {
  /// The table of exit codes.
  var documentedCode: Int32 {
    switch self {
    case .signal, .asked, .reload: 0
    case .waitTimedOut: 69
    case .unhealthy: 1
    case .hookFailed(_, let status):
      // A hook that took too long and says 0 has failed all the same: timeout(1) says 124.
      status.map { $0.documentedCode == 0 ? 124 : $0.documentedCode } ?? 127
    case .exited(_, let status): status.documentedCode
    case .fatal(_, let status):
      status.map { $0.documentedCode == 0 ? 1 : $0.documentedCode } ?? 1
    case .commandNotStarted(_, let failure): failure.kind == .noFile ? 127 : 126
    }
  }

  /// A start that has failed is not taken back by stop hooks.
  var allowsStopHooks: Bool {
    switch self {
    case .signal, .asked, .reload, .exited, .fatal, .unhealthy: true
    case .waitTimedOut, .hookFailed, .commandNotStarted: false
    }
  }
}

extension ExitStatus {
  /// 128 + n for signal n.
  fileprivate var documentedCode: Int32 {
    switch self {
    case .code(let code): code
    case .signal(let number, _): 128 + number
    case .outOfMemory, .survivedKill: 137
    }
  }
}
