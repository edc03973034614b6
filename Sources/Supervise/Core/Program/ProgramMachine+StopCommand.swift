import ProgramSpec

/// `stop_command`: a command in the place of the first signal, with that signal's time. Where it
/// fails the signal is sent after all.
extension ProgramMachine {
  mutating func runStopCommand(
    _ live: Live, _ intent: StopIntent, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    let wait = rules.stop.steps.first?.wait ?? .zero
    turn.effects.append(.runStopCommand(turn.id, pid: live.pid))
    state = .stopping(
      live,
      Stopping(
        intent: intent, step: 0, deadline: turn.now.advanced(by: wait),
        extensionLimit: extensionLimit(wait, turn.now), isCommandRunning: true))
  }

  mutating func stopCommandEnded(
    _ verdict: Verdict, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    // Late but legal: the program has ended meanwhile, or its time was over.
    guard case .stopping(let live, var stopping) = state, stopping.isCommandRunning else { return }
    stopping.isCommandRunning = false
    state = .stopping(live, stopping)
    guard case .failed(let words) = verdict else { return }
    turn.record(.stopCommandFailed(words))
    send(0, to: live, stopping.intent, rules, &turn)
  }

  /// Its time is over, or its program has ended: beside the next process, MAINPID would name one
  /// that is none of ours.
  func endStopCommand(_ turn: inout Turn) {
    guard case .stopping(_, let stopping) = state, stopping.isCommandRunning else { return }
    turn.effects.append(.endStopCommand(turn.id))
  }
}
