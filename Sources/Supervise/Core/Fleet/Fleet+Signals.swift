import ProgramSpec

/// Signals that arrive at the supervisor itself.
extension Fleet {
  mutating func signalled(_ signal: Signal, _ turn: inout Turn) {
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .signalReceived(signal))))
    if forwardToForeground(signal, &turn) { return }
    guard plan.shutdown.signals.contains(signal) else { return }
    phase == .up ? beginShutdown(.signal(signal), &turn) : hurry(&turn)
  }

  /// In command mode the command decides what a signal means, as under tini.
  private func forwardToForeground(_ signal: Signal, _ turn: inout Turn) -> Bool {
    guard let id = plan.foreground, phase == .up,
      case .program(let program) = instances[id.index].machine, program.state.live != nil
    else { return false }
    turn.id = id
    turn.effects.append(.signal(id, signal, .leader))
    return true
  }
}
