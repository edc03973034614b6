internal import ProgramSpec
internal import SuperviseCore

/// Changes that clients asked for and that are not complete yet, so that the log can say who asked
/// once they are.
struct PendingChanges {
  private struct Entry {
    var ask: AskID
    var change: ClientChange
    /// What was changed so far.
    var done: [String] = []
    var isAccepted = false
  }

  private var entries: [Entry] = []

  mutating func begin(_ ask: AskID, _ change: ClientChange) {
    entries.append(Entry(ask: ask, change: change))
  }

  /// One line of the answer to the client.
  mutating func note(_ ask: AskID, _ answer: Answer, _ plan: Plan) {
    guard let index = entries.firstIndex(where: { $0.ask == ask }) else { return }
    switch answer {
    case .started(let id), .stopped(let id), .restarting(let id), .signalled(let id):
      let name = plan.members[id.index].displayName
      // A restart is answered with a stop and a start. The stop is not the line before where there
      // are several names.
      let isRestart = entries[index].change.action == .restart
      if !isRestart || !entries[index].done.contains(name) { entries[index].done.append(name) }
    case .accepted: entries[index].isAccepted = true
    case .fault, .ready, .neverReady, .end: break
    }
  }

  /// The answer is complete; nil where nothing was changed.
  mutating func end(_ ask: AskID) -> ClientNews? {
    guard let entry = remove(ask), entry.isAccepted || !entry.done.isEmpty else { return nil }
    var change = entry.change
    change.targets = entry.done
    return .changed(change)
  }

  /// The client has closed its connection.
  mutating func abandon(_ ask: AskID) -> ClientNews? { remove(ask).map { .left($0.change) } }

  private mutating func remove(_ ask: AskID) -> Entry? {
    entries.firstIndex { $0.ask == ask }.map { entries.remove(at: $0) }
  }
}

extension Request {
  /// nil for what changes nothing.
  var change: (action: ClientChange.Action, targets: [String])? {
    switch self {
    case .start(let names, _, _, _): (.start, names)
    case .stop(let names, _, _): (.stop, names)
    case .restart(let names, _, _, _): (.restart, names)
    case .roll(let names): (.roll, names)
    case .signal(let signal, let names): (.signal(signal?.name ?? "the reload signal"), names)
    case .shutdown: (.shutdown, [])
    case .reload: (.reload, [])
    case .misnamedSignal, .awaitReadiness: nil
    }
  }
}
