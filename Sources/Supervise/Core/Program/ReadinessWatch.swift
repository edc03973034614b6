import ProgramSpec

/// How one process is found to be ready, and until when.
package struct ReadinessWatch: Sendable, Equatable {
  private enum Probe: Sendable, Equatable {
    case none
    case due(Instant)
    /// The check should have answered by itself before `givenUpAt`.
    case underWay(givenUpAt: Instant)
  }

  package private(set) var isReady = false
  /// nil: nothing can be late, or being RUNNING is being ready.
  private var deadline: Instant?
  private var probe = Probe.none
  private var checks: UInt64 = 0

  /// The first checks follow each other quickly, since most programs are up in a moment, and a slow
  /// one is then asked once a second.
  private static let firstInterval = Duration.milliseconds(25)
  private static let longestInterval = Duration.seconds(1)
  package static let probeTimeout = Duration.seconds(3)
  /// For the probe's process to end by itself after its own time-out.
  private static let probeMargin = Duration.seconds(1)

  init(_ rules: ProgramRules, since now: Instant) {
    guard rules.readiness != .running else { return }
    deadline = rules.readyTimeout == .zero ? nil : now.advanced(by: rules.readyTimeout)
    if rules.probesReadiness { probe = .due(now.advanced(by: Self.firstInterval)) }
  }

  var nextDeadline: Instant? {
    guard !isReady else { return nil }
    switch probe {
    case .none: return deadline
    case .due(let at), .underWay(let at): return min(at, deadline ?? at)
    }
  }

  var isProbing: Bool {
    guard case .underWay = probe else { return false }
    return true
  }

  func isLate(at now: Instant) -> Bool {
    guard !isReady, let deadline else { return false }
    return now >= deadline
  }

  mutating func becomeReady() {
    isReady = true
    probe = .none
  }

  mutating func answered() { probe = .none }

  /// No more checks, and no more time to be late for.
  mutating func abandon() {
    probe = .none
    deadline = nil
  }

  /// Begins a check that is due, or gives up one that does not answer.
  mutating func act(_ turn: inout Turn) {
    switch probe {
    case .none: return
    case .due(let at):
      guard turn.now >= at else { return }
      let limit = Self.probeTimeout + Self.probeMargin
      probe = .underWay(givenUpAt: turn.now.advanced(by: limit))
      turn.effects.append(.probe(turn.id, .readiness))
    case .underWay(let givenUpAt):
      guard turn.now >= givenUpAt else { return }
      turn.effects.append(.cancelProbe(turn.id, .readiness))
      scheduleNext(turn.now)
    }
  }

  mutating func scheduleNext(_ now: Instant) {
    let interval = Self.firstInterval * Int(1 << min(checks, 6))
    checks += 1
    probe = .due(now.advanced(by: min(interval, Self.longestInterval)))
  }
}
