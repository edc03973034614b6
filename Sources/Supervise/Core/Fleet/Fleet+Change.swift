import ProgramSpec

/// Another plan while everything runs: what it leaves alone does not notice.
extension Fleet {
  /// Whether nothing of this group runs, or is about to: only then may it be taken away.
  package func isDown(_ group: PlannedGroup) -> Bool { areDown(group.members) }

  /// Steps and crons with a process: until it has ended they cannot be replaced.
  package var busyNames: Set<String> {
    let busy = instances.indices.filter { index in
      !plan.members[index].isVacant && !plan.members[index].isProgram
        && instances[index].facts.isActive
    }
    return Set(busy.map { plan.node(of: InstanceID($0)).name })
  }

  package func areDown(_ members: [InstanceID]) -> Bool {
    members.allSatisfy { id in
      guard case .program(let program) = instances[id.index].machine else { return true }
      return program.state.live == nil && !program.state.isRunningSet
    }
  }

  /// The first of these programs that the kernel refused to signal, so that its end cannot be
  /// awaited; nil: there is none.
  package func unsignalled(_ members: [InstanceID]) -> InstanceID? {
    members.first { id in
      guard case .program(let program) = instances[id.index].machine else { return false }
      if case .unknown = program.state { return true }
      return false
    }
  }

  /// Takes up a plan drawn over the present one.
  ///
  /// Every instance keeps its process and its state, but for those in `renewed` and those whose
  /// place has become vacant: these must be down, and begin anew; a step that waits for its next
  /// try is ended here. What is derived from the
  /// instances is derived again from nothing, in one pass over the graph. Then what is new and
  /// starts by itself is started in its turn, as at the beginning.
  package mutating func adopt(
    _ plan: Plan, renewed: [InstanceID], at now: Instant, into effects: inout [Effect]
  ) {
    var turn = Turn(now: now, clock: clock, id: InstanceID(0), random: random)
    swap(&turn.effects, &effects)
    let known = instances.indices
    let vacant = known.filter { plan.members[$0].isVacant }.map(InstanceID.init)
    let leaving = renewed.filter { known.contains($0.index) } + vacant
    for id in leaving {
      takeBackWish(of: id, &turn)
      endStep(id, &turn)
    }
    self.plan = plan
    for index in known.endIndex..<plan.members.count {
      instances.append(Instance(plan.rules(of: InstanceID(index))))
    }
    for id in leaving { renew(id) }
    forgetRolls(of: vacant)
    forgetObstacles(to: leaving)
    deriveAnew()
    for id in renewed where startsByItself(id) || isReadyHookNow(id) { awaitFromStart(id, &turn) }
    if haveCronsBegun, phase == .up { for id in renewed { beginCron(id, &turn) } }
    settle(&turn)
    random = turn.random
    swap(&turn.effects, &effects)
  }

  /// The moment of its stage has been.
  private func isReadyHookNow(_ id: InstanceID) -> Bool {
    startedAt != nil && plan.stage(of: id.index) == .ready
  }

  /// Whoever waits for its start is told that it will not come.
  private mutating func takeBackWish(of id: InstanceID, _ turn: inout Turn) {
    guard instances[id.index].isWished else { return }
    instances[id.index].isWished = false
    refresh(id, &turn)
    answer(about: id, &turn)
  }

  private mutating func endStep(_ id: InstanceID, _ turn: inout Turn) {
    switch instances[id.index].machine {
    case .wait, .task: feed(.stop(.asked), to: id, &turn)
    case .program, .cron: break
    }
  }

  private mutating func renew(_ id: InstanceID) {
    if instances[id.index].isAwaitedByStart { awaitedCount -= 1 }
    instances[id.index] = Instance(plan.rules(of: id))
  }

  private mutating func deriveAnew() {
    nodes = plan.nodes.map(NodeProgress.init)
    queue = NodeQueue()
    startable.removeAll()
    activeCount = 0
    for index in instances.indices where !plan.members[index].isVacant {
      let id = InstanceID(index)
      instances[index].facts = instances[index].currentFacts(plan.rules(of: id))
      count(Instance.Facts(), instances[index].facts, of: id)
    }
    for index in nodes.indices { queue.insert(NodeID(index)) }
  }
}

extension Plan {
  /// The places that `next`, drawn over this plan, fills and this one did not.
  package func filled(by next: Plan) -> [InstanceID] {
    next.members.indices.filter { index in
      !next.members[index].isVacant
        && (index >= members.count || members[index].isVacant)
    }.map(InstanceID.init)
  }

  /// The places that `next`, drawn over this plan, has left and this one had not.
  package func vacated(by next: Plan) -> [InstanceID] {
    members.indices.filter { !members[$0].isVacant && next.members[$0].isVacant }
      .map(InstanceID.init)
  }

  /// Of the units of these names, whatever they are.
  package func instances(ofUnits names: [String]) -> [InstanceID] {
    nodes.filter { names.contains($0.name) && !$0.isBarrier }.flatMap(\.instances)
      .map(InstanceID.init)
  }
}
