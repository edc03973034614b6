import ProgramSpec
import SuperviseCore

/// What a client waits for.
struct AskModel {
  enum Kind { case start, stop, restart, roll, readiness, none }

  var id: AskID
  var kind: Kind
  /// The instances that the names of the request meant.
  var targets: [Int] = []
  /// Of a restart, which starts what they mean once everything is down.
  var names: [String] = []
}

/// No request is kept open without a reason: a client is answered in full as soon as everything
/// that it waits for has happened, or can no longer happen.
extension Oracle {
  mutating func heardOfAsks(_ event: Event) {
    switch event {
    case .asked(let id, let request): asks.append(ask(id, request))
    case .hungUp(let id): asks.removeAll { $0.id == id }
    default: break
    }
  }

  private func ask(_ id: AskID, _ request: Request) -> AskModel {
    switch request {
    case .start(let names, true, _, let crons):
      AskModel(id: id, kind: .start, targets: targets(names, crons))
    case .stop(let names, true, let crons):
      AskModel(id: id, kind: .stop, targets: targets(names, crons))
    case .restart(let names, true, _, let crons):
      AskModel(id: id, kind: .restart, targets: targets(names, crons), names: names)
    case .roll: AskModel(id: id, kind: .roll)
    case .awaitReadiness: AskModel(id: id, kind: .readiness)
    case .start, .stop, .restart, .signal, .misnamedSignal, .shutdown, .reload:
      AskModel(id: id, kind: .none)
    }
  }

  private func targets(_ names: [String], _ crons: Bool) -> [Int] {
    cast.processes(names) + (crons ? names.flatMap(cast.cron) : [])
  }

  mutating func settledAsks() {
    asks.removeAll { !open.contains($0.id) }
    for ask in asks where !mayBeOpen(ask) {
      complainOfAll("request \(ask.id.number) (\(ask.kind)) is not answered in full")
    }
  }

  private func mayBeOpen(_ ask: AskModel) -> Bool {
    switch ask.kind {
    case .none: false
    case .stop: ask.targets.contains(where: isStopUnderWay)
    case .start: !isShuttingDown && ask.targets.contains(where: isStartUnderWay)
    case .restart:
      ask.targets.contains(where: isStopUnderWay)
        || (!isShuttingDown
          && (ask.targets + cast.processes(ask.names)).contains(where: isStartUnderWay))
    case .roll: rolls.contains { $0.ask == ask.id }
    case .readiness: !isShuttingDown && !isReady && !awaited.contains(where: isFatal)
    }
  }

  /// The start is complete, and the ready hooks have run.
  private var isReady: Bool { isStartComplete && awaited.isEmpty }

  private func isFatal(_ index: Int) -> Bool { units[index]?.shownState == .fatal }

  private func isStopUnderWay(_ index: Int) -> Bool {
    units[index]?.isActive ?? false || units[index]?.isUnderWay ?? false
  }

  private func isStartUnderWay(_ index: Int) -> Bool {
    if wanted.contains(index) { return !isHeldUp(index) }
    switch units[index] {
    case .program(let program): return program.shownState == .starting
    case .cron(let task): return task.state == .launching
    case .task, .wait, nil: return false
    }
  }
}
