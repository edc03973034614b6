import ProgramSpec

/// Signals that arrive at the supervisor itself.
extension Fleet {
  mutating func signalled(_ signal: Signal, _ turn: inout Turn) {
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .signalReceived(signal))))
    if forwardToForeground(signal, &turn) { return }
    guard plan.shutdown.signals.contains(signal) else { return }
    if phase == .up { return beginShutdown(.signal(signal), &turn) }
    // What was to be a reload becomes the end; only one that is the end already is hurried.
    shutdown.beginsAgain ? shutdown.beginsAgain = false : hurry(&turn)
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
