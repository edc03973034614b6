import ProgramSpec
import Supervise
import SuperviseCore

/// The end of each history.
extension SimulatedKernel {
  mutating func witness(_ record: Record) {
    guard case .shutdownBegan = record.happening, scenario.ending.insistence.isEmpty else {
      return
    }
    planLimit(.zero)
  }

  /// All must end within the sum of its limits, but for the time in which PID 1 does not run.
  private func planLimit(_ more: Duration) {
    machine.plan(.limit, after: oracle.longestShutdown() + more + scenario.lateness)
  }

  mutating func beginCalm() {
    outcomes.isCalm = true
    guard scenario.settles else { return }
    settle()
    oracle.calmBegins()
    if oracle.isSettled { return beginEnding() }
    machine.plan(.ending, after: oracle.longestCalm())
  }

  /// Where every unit has to settle before, the end may come at last.
  mutating func beginEnding() {
    guard !isEnding else { return }
    isEnding = true
    if scenario.settles, fleet.phase == .up, !oracle.isSettled { oracle.checkSettled() }
    let ending = scenario.ending
    switch ending.cause {
    case .signal: signal(.terminate)
    case .request: take(.request(number: .max, .shutdown, impossible: []))
    case .reload: take(.request(number: .max, .reload, impossible: []))
    }
    if ending.isEscalated {
      occurrences.insert(.injected(.escalation))
      signal(.interrupt)
    }
    // The first of them may only turn a reload into the end.
    for delay in ending.insistence {
      machine.plan(.signal(.terminate), on: .stopSignals, after: delay)
    }
    planLimit(ending.insistence.max() ?? .zero)
  }

  private func signal(_ signal: Signal) {
    machine.plan(.signal(signal), on: .stopSignals, after: .zero)
  }
}
