import ProgramSpec

/// Crons: begun once the start is complete, and run when their time has come, if they may.
extension Fleet {
  mutating func beginCrons(_ turn: inout Turn) {
    guard !haveCronsBegun else { return }
    haveCronsBegun = true
    for index in instances.indices { beginCron(InstanceID(index), &turn) }
  }

  /// A program that is FATAL, or was stopped by hand before it was ready, must not keep all crons
  /// from their work for ever. True: they begin now.
  mutating func advanceCrons(_ turn: inout Turn) -> Bool {
    guard phase == .up, plan.hasCrons, !haveCronsBegun, awaitedCount > 0, !isStarting else {
      return false
    }
    turn.effects.append(.record(Record(at: turn.now, instance: nil, happening: .startStalled)))
    beginCrons(&turn)
    return true
  }

  /// The start is not complete, and something of it is on its way.
  package var isStarting: Bool {
    startedAt == nil
      && hasAwaitedOnItsWay
  }

  /// Something that the start, or what has been added since, is not complete without is on its way.
  var hasAwaitedOnItsWay: Bool {
    instances.indices.contains { instances[$0].isAwaitedByStart && !willNotCome($0) }
  }

  func willNotCome(_ index: Int) -> Bool {
    let facts = instances[index].facts
    return facts.isOver || (!facts.isPending && !facts.isActive) || isHeldUp(InstanceID(index))
  }

  /// Only the first of its places keeps the time.
  mutating func beginCron(_ id: InstanceID, _ turn: inout Turn) {
    guard isCron(id), plan.members[id.index].number == 0 else { return }
    feed(.beginSchedule, to: id, &turn)
  }

  func isCron(_ id: InstanceID) -> Bool {
    guard case .cron = instances[id.index].machine else { return false }
    return true
  }

  /// Set, or first told.
  mutating func clockSet(_ clock: WallClock, _ turn: inout Turn) {
    let old = self.clock
    self.clock = clock
    turn.clock = clock
    for index in instances.indices where isCron(InstanceID(index)) {
      feed(.clockMoved(from: old), to: InstanceID(index), &turn)
    }
  }

  /// Its time has come.
  mutating func runIfDue(_ id: InstanceID, _ turn: inout Turn) {
    guard case .cron(let cron) = instances[id.index].machine, let due = cron.due,
      case .cron(let rules) = plan.rules(of: id)
    else { return }
    let node = plan.members[id.index].node
    if let obstacle = obstacle(before: node) {
      return feed(.skip(.heldUp(by: obstacle)), to: id, &turn)
    }
    guard cron.isBusy else { return feed(.run(due.scheduled), to: id, &turn) }
    switch rules.overlap {
    case .queue where cron.queue == nil: feed(.queue(due.scheduled), to: id, &turn)
    case .skip, .queue: feed(.skip(.stillRunning), to: id, &turn)
    case .allow: runBeside(id, due, &turn)
    }
  }

  private mutating func runBeside(
    _ id: InstanceID, _ due: CronMachine.Due, _ turn: inout Turn
  ) {
    let places = plan.node(of: id).instances
    guard let free = places.first(where: { !instances[$0].isBusyCron }) else {
      return feed(.skip(.tooManyRuns(places.count)), to: id, &turn)
    }
    feed(.passedOn, to: id, &turn)
    feed(.run(due.scheduled), to: InstanceID(free), &turn)
  }

  /// What it depends on has been there once the start is complete, and may have been stopped since.
  private func obstacle(before node: NodeID) -> NodeID? {
    plan.nodes[node.index].requires.first { !nodes[$0.index].isSatisfied }
      ?? plan.nodes[node.index].follows.first { !nodes[$0.index].isSettled }
  }

  /// One, or as many as may run beside each other; none: there is no cron of that name.
  package func places(ofCron name: String) -> [InstanceID] {
    let node = plan.nodes.first { $0.name == name && $0.isCron }
    return node.map { $0.instances.map(InstanceID.init) } ?? []
  }

  package func isBusyCron(_ id: InstanceID) -> Bool { instances[id.index].isBusyCron }

  /// The instances that a request for a cron is about: to start it a free one, to stop it those
  /// that run; nil: there is no cron of that name.
  func placesOfCron(named name: String, for kind: Ask.Kind) -> [InstanceID]? {
    let places = places(ofCron: name)
    guard let first = places.first else { return nil }
    let busy = places.filter(isBusyCron)
    switch kind {
    case .start, .launch, .readiness: return [places.first { !busy.contains($0) } ?? first]
    case .stop: return busy.isEmpty ? [first] : busy
    }
  }
}

extension Instance {
  fileprivate var isBusyCron: Bool {
    guard case .cron(let cron) = machine else { return false }
    return cron.isBusy || isWished
  }
}

extension Plan.Node {
  var isCron: Bool {
    guard case .cron = rules else { return false }
    return true
  }
}
