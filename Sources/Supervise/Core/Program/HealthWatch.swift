import ProgramSpec

/// Liveness of one process that has been found ready: asked again and again, it counts as healthy
/// until `fall` checks in a row have failed, and then not before `rise` have passed, as HAProxy
/// counts.
package struct HealthWatch: Sendable, Equatable {
  enum Finding: Equatable {
    /// One more of those that are forgiven.
    case ailing(failures: Int)
    case fell
    case rose
  }

  package private(set) var isHealthy = true
  /// What the last check that failed has said.
  package private(set) var lastWords = ""
  /// Checks in a row that disagree with `isHealthy`.
  private var streak = 0
  private var schedule = ProbeSchedule.none
  /// What fails before is not counted.
  private let graceEnd: Instant

  init(_ health: Health, since now: Instant) { graceEnd = now.advanced(by: health.grace) }

  var nextDeadline: Instant? { schedule.deadline }
  var isProbing: Bool { schedule.isUnderWay }

  mutating func begin(_ health: Health, at now: Instant) {
    guard schedule == .none else { return }
    askAgain(health, at: now)
  }

  mutating func abandon(_ turn: inout Turn) { schedule.cancel(.health, &turn) }

  /// Begins a check that is due; what does not answer in time has failed.
  mutating func act(_ health: Health, _ turn: inout Turn) -> Finding? {
    guard schedule.act(.health, timeout: health.timeout, &turn) else { return nil }
    return take(.failed("no answer"), health, at: turn.now)
  }

  mutating func askAgain(_ health: Health, at now: Instant) {
    schedule = .due(now.advanced(by: health.interval))
  }

  mutating func take(_ verdict: Verdict, _ health: Health, at now: Instant) -> Finding? {
    askAgain(health, at: now)
    switch (verdict, isHealthy) {
    case (.passed, true), (.failed, false):
      streak = 0
      return nil
    case (.failed(let words), true): return failed(words, health, at: now)
    case (.passed, false): return passed(health)
    }
  }

  private mutating func failed(_ words: String, _ health: Health, at now: Instant) -> Finding? {
    guard now >= graceEnd else { return nil }
    lastWords = words
    streak += 1
    guard streak >= health.fall else { return .ailing(failures: streak) }
    streak = 0
    isHealthy = false
    return .fell
  }

  private mutating func passed(_ health: Health) -> Finding? {
    streak += 1
    guard streak >= health.rise else { return nil }
    streak = 0
    isHealthy = true
    return .rose
  }
}
