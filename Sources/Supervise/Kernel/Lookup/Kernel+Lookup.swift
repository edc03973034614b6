internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Looking commands and users up again: by a role, because PID 1 must not wait for a disk.
extension Kernel {
  /// False where the facts about its command and user may have changed since they were found. An
  /// instance that has been started before is started again as it was.
  func mayLaunch(_ id: InstanceID) -> Bool {
    launches[id] != nil || recipes.facts.areFresh(for: queries(of: [id]))
  }

  func queries(of ids: [InstanceID]) -> Set<HostQuery> {
    recipes.queries.queries(
      of: ids.compactMap { id in
        guard let unit = fleet.plan.node(of: id).unit else { return nil }
        let isProgram = fleet.plan.members[id.index].isProgram
        return (
          configuration.units[unit].work, isProgram ? fleet.plan.members[id.index].number : nil
        )
      })
  }

  /// A `start` or `restart` by a client, which is told NO_FILE or NOT_EXECUTABLE before anything is
  /// tried: where the facts say so, or may have changed, they are looked up again first.
  mutating func answerStart(_ names: [String], _ request: ControlRequest, _ index: Int) {
    let targets = fleet.phase == .up ? names.flatMap { instances(named: $0) } : []
    let pending = HostLookup.PendingRequest(
      request: request, client: clients[index].identity, origin: clients[index].origin,
      isOfGateway: clients[index].isOfGateway, targets: targets)
    guard targets.contains(where: { !mayLaunch($0) || obstacle(to: $0) != nil }) else {
      return perform(pending)
    }
    lookup.wait(pending)
  }

  private func instances(named name: String) -> [InstanceID] {
    switch fleet.plan.target(named: name) {
    case .instance(let id): [id]
    case .group(let members): members
    case .unknown: []
    }
  }

  mutating func beginDueLookup() {
    guard lookup.isDue, outcome == nil else { return }
    if let obstacle = obstacle(to: .lookup, "lookup roles") { return failLookup(obstacle) }
    do throws(Errno) { try beginLookup() } catch { failLookup(error.message) }
  }

  private mutating func failLookup(_ reason: String) {
    let waiting = lookup.failedToBegin()
    conclude(reason, waiting.spawns, waiting.requests)
  }

  private mutating func beginLookup() throws(Errno) {
    let launched = Set(launches.keys)
    let others = fleet.plan.members.indices.map { InstanceID($0) }
      .filter { !fleet.plan.members[$0.index].isVacant && !launched.contains($0) }
    let queries = queries(of: others + lookup.requests.flatMap(\.targets))
    let file = try MemoryFile(named: "lookup")
    try file.replace(with: HostRecord(asking: queries).encoded)
    var streams = Launch.Streams(input: nil, output: 1, error: 2)
    streams.extra = (file.raw, MemoryFile.roleDescriptor)
    let kept = try duplicateDescriptor(file.raw)
    let pid: Int32
    do {
      pid = try startHelper(Launch(recipes.role(.lookup, ["entrypoint: lookup"])), streams)
    } catch {
      closeDescriptor(kept)
      throw error
    }
    children.add(pid, .lookup, role: .init(name: "lookup role"))
    recipes.facts.lookupBegan()
    lookup.began(pid, kept, at: Kernel.now)
  }

  mutating func lookupEnded(_ child: EndedChild) {
    guard lookup.pid == child.pid else { return }
    let (record, spawns, requests) = lookup.ended()
    guard child.how == .exited(code: 0), let record else {
      return conclude("the role ended (\(ExitStatus(child.how).text))", spawns, requests)
    }
    recipes.facts.take(record)
    conclude(nil, spawns, requests)
  }

  mutating func abandonLateLookup() {
    guard let pid = lookup.pid, let deadline = lookup.deadline, deadline <= Kernel.now else {
      return
    }
    try? sendSignal(Signal.kill.number, toProcess: pid)
    children.forget(pid)
    let (_, spawns, requests) = lookup.ended()
    conclude("no answer in \(HostLookup.limit.inWords)", spawns, requests)
  }

  /// What waited goes on, with the new facts or, after a failure, with the old ones.
  private mutating func conclude(
    _ failure: String?, _ spawns: [InstanceID], _ requests: [HostLookup.PendingRequest]
  ) {
    if let failure {
      recipes.facts.becomeStale()
      narrator.say(
        .error,
        "cannot look up commands and users: \(failure); using what was found before")
    }
    spawnQueue.prepend(spawns)
    for pending in requests { perform(pending) }
  }

  /// A client that has gone meanwhile gets no answer, but what it requested is done.
  private mutating func perform(_ pending: HostLookup.PendingRequest) {
    let index = clients.firstIndex { $0.identity == pending.client }
    let crons = !pending.isOfGateway
    switch pending.request {
    case .start(let names, let waits):
      let impossible = unstartable(names)
      ask(
        .start(names, waits: waits, impossible: impossible, crons: crons), index,
        by: pending.origin)
    case .restart(let names, let waits):
      let impossible = unstartable(names)
      ask(
        .restart(names, waits: waits, impossible: impossible, crons: crons), index,
        by: pending.origin)
    default: break
    }
  }
}
