internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Somebody who has asked for metrics, and until when the logger's counts are waited for.
struct Scrape {
  var client: ConfigurationTrial.Client
  var deadline: Instant
}

/// Metrics: nothing is done for them while nobody asks, but for an addition where something ends.
extension Kernel {
  /// A logger that is stuck on its disk keeps nobody from the rest.
  private static let patience = Duration.seconds(1)

  mutating func scrape(_ index: Int) {
    guard helpers[.logger].link.isRunning else { return send(metrics(), index) }
    let deadline = Kernel.now.advanced(by: Kernel.patience)
    scrapes.append(Scrape(client: clients[index].identity, deadline: deadline))
    // One answer is for all.
    if scrapes.count == 1 { tellLogger(.count) }
  }

  /// The logger has answered, has ended, or does not answer.
  mutating func finishScrapes(dueAt now: Instant? = nil) {
    if let now, scrapes.first.map({ $0.deadline <= now }) != true { return }
    let waiting = scrapes
    scrapes = []
    guard !waiting.isEmpty else { return }
    let answer = metrics()
    for scrape in waiting { send(answer, to: scrape.client) }
  }

  private mutating func metrics() -> [UInt8] {
    epoch.look()
    let shown = fleet.plan.members.indices.filter { isShown($0) }.map { InstanceID($0) }
    ledger.keepOnly(Set(fleet.plan.members.map(\.displayName)))
    var json = JSONWriter()
    describeOurselves(&json)
    for id in shown { describe(id, &json) }
    return json.bytes
  }

  /// A cron is one, whatever of it runs at one time.
  private func isShown(_ index: Int) -> Bool {
    let member = fleet.plan.members[index]
    guard !member.isVacant, fleet.plan.nodes[member.node.index].unit != nil else { return false }
    return member.isProgram || member.number == 0
  }

  // MARK: Counting

  func name(of id: InstanceID) -> String { fleet.plan.members[id.index].displayName }

  mutating func account(_ processorTime: UInt64, to owner: ChildTable.Owner?) {
    switch owner {
    case .instance(let id), .predecessor(let id):
      ledger[name(of: id)].processorTime &+= processorTime
    case .helper(let kind): ledger[role: kind.word].processorTime &+= processorTime
    case .probe, .trial, .lookup, .socket, .stopCommand, .closer, .abandoned, nil: break
    }
  }

  /// What instances have counted that are about to begin anew, or to go.
  mutating func keepCounts(beyond plan: Plan, _ renewed: [InstanceID]) {
    for index in fleet.plan.members.indices where !fleet.plan.members[index].isVacant {
      let id = InstanceID(index)
      let isLeaving = index >= plan.members.count || plan.members[index].isVacant
      guard isLeaving || renewed.contains(id) else { continue }
      let snapshot = fleet.snapshot(of: id)
      var entry = ledger[name(of: id)]
      if let counts = snapshot.restartCounts { entry.restarts.add(counts) }
      if let cron = snapshot.cron {
        entry.results.add(cron.results)
        entry.runs += cron.runs
        entry.skips += cron.skips
      }
      ledger[name(of: id)] = entry
    }
  }
}
