import ProgramSpec

/// One check after the other: when the next is due, or until when the one under way is waited for.
enum ProbeSchedule: Sendable, Equatable {
  case none
  case due(Instant)
  /// It should have answered by itself before that.
  case underWay(givenUpAt: Instant)

  /// For the probe's process to end by itself after its own time-out.
  private static let margin = Duration.seconds(1)

  var deadline: Instant? {
    switch self {
    case .none: nil
    case .due(let at), .underWay(let at): at
    }
  }

  var isUnderWay: Bool {
    guard case .underWay = self else { return false }
    return true
  }

  /// Begins a check that is due. True where one did not answer and was given up: what comes next is
  /// for the caller to say.
  mutating func act(_ purpose: ProbePurpose, timeout: Duration, _ turn: inout Turn) -> Bool {
    switch self {
    case .none: return false
    case .due(let at):
      guard turn.now >= at else { return false }
      self = .underWay(givenUpAt: turn.now.advanced(by: timeout + ProbeSchedule.margin))
      turn.effects.append(.probe(turn.id, purpose))
      return false
    case .underWay(let givenUpAt):
      guard turn.now >= givenUpAt else { return false }
      cancel(purpose, &turn)
      return true
    }
  }

  mutating func cancel(_ purpose: ProbePurpose, _ turn: inout Turn) {
    if isUnderWay { turn.effects.append(.cancelProbe(turn.id, purpose)) }
    self = .none
  }
}
