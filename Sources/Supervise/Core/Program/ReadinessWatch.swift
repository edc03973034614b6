import ProgramSpec

/// How one process is found to be ready, and until when.
package struct ReadinessWatch: Sendable, Equatable {
  package private(set) var isReady = false
  /// nil: nothing can be late, or being RUNNING is being ready.
  private var deadline: Instant?
  private var schedule = ProbeSchedule.none
  private var checks: UInt64 = 0

  /// The first checks follow each other quickly, since most programs are up in a moment, and a slow
  /// one is then asked once a second.
  private static let firstInterval = Duration.milliseconds(25)
  private static let longestInterval = Duration.seconds(1)
  package static let probeTimeout = Duration.seconds(3)

  init(_ rules: ProgramRules, since now: Instant) {
    guard rules.readiness != .running else { return }
    deadline = rules.readyTimeout == .zero ? nil : now.advanced(by: rules.readyTimeout)
    if rules.probesReadiness { schedule = .due(now.advanced(by: Self.firstInterval)) }
  }

  var nextDeadline: Instant? {
    isReady ? nil : [schedule.deadline, deadline].compactMap { $0 }.min()
  }

  var isProbing: Bool { schedule.isUnderWay }

  func isLate(at now: Instant) -> Bool {
    guard !isReady, let deadline else { return false }
    return now >= deadline
  }

  mutating func becomeReady(_ turn: inout Turn) {
    isReady = true
    schedule.cancel(.readiness, &turn)
  }

  /// EXTEND_TIMEOUT_USEC=: never to an earlier time.
  mutating func extend(to time: Instant) { if let deadline { self.deadline = max(deadline, time) } }

  mutating func answered() { schedule = .none }

  /// No more checks, and no more time to be late for.
  mutating func abandon(_ turn: inout Turn) {
    schedule.cancel(.readiness, &turn)
    deadline = nil
  }

  mutating func act(_ turn: inout Turn) {
    if schedule.act(.readiness, timeout: Self.probeTimeout, &turn) { scheduleNext(turn.now) }
  }

  mutating func scheduleNext(_ now: Instant) {
    let interval = Self.firstInterval * Int(1 << min(checks, 6))
    checks += 1
    schedule = .due(now.advanced(by: min(interval, Self.longestInterval)))
  }
}
