/// What must hold after every event, whatever happened: checked in simulation after each step.
extension Fleet {
  /// Empty when all is well; else a sentence for each thing that cannot be.
  package func violations() -> [String] {
    var found: [String] = []
    for index in instances.indices { found += violations(of: InstanceID(index)) }
    for index in nodes.indices { found += violations(of: NodeID(index)) }
    let active = instances.indices.count { instances[$0].facts.isActive }
    if active != activeCount { found.append("\(activeCount) counted as active, \(active) are") }
    let awaited = instances.indices.count { instances[$0].isAwaitedByStart }
    if awaited != awaitedCount { found.append("\(awaitedCount) awaited, \(awaited) are") }
    if let id = unmovedDeadline {
      found.append("\(plan.members[id.index].displayName): nobody acted on its deadline")
    }
    for ask in asks where ask.kind == .start {
      for id in ask.remaining where isHeldUp(id) {
        found.append("\(plan.members[id.index].displayName): held up, and nobody was told")
      }
    }
    return found
  }

  private func violations(of id: InstanceID) -> [String] {
    let problems = instances[id.index].problems(plan.rules(of: id), isUp: phase == .up)
    guard !problems.isEmpty else { return [] }
    return problems.map { "\(plan.members[id.index].displayName): \($0)" }
  }

  private func violations(of id: NodeID) -> [String] {
    let index = id.index
    let unmet = plan.nodes[index].requires.count { !nodes[$0.index].isSatisfied }
    let unsettled = plan.nodes[index].follows.count { !nodes[$0.index].isSettled }
    let obstacles =
      plan.nodes[index].requires.count { nodes[$0.index].isObstacle }
      + plan.nodes[index].follows.count { nodes[$0.index].isHeldUp }
    var problems: [String] = []
    if unmet != nodes[index].unmetRequires {
      problems.append("\(nodes[index].unmetRequires) unmet requirements, \(unmet) are")
    }
    if unsettled != nodes[index].unmetFollows {
      problems.append("\(nodes[index].unmetFollows) unsettled before it, \(unsettled) are")
    }
    if obstacles != nodes[index].obstacles || isHeldUp(id) != nodes[index].isHeldUp {
      problems.append("\(nodes[index].obstacles) obstacles, \(obstacles) are")
    }
    return problems.map { "\(plan.nodes[index].name): \($0)" }
  }
}

extension Instance {
  fileprivate func problems(_ rules: Rules, isUp: Bool) -> [String] {
    var found: [String] = []
    if facts != currentFacts(rules) { found.append("facts are stale") }
    if armed != nextDeadline(rules) { found.append("deadline not armed") }
    if let input = impossibleInput { found.append(input) }
    if isWished, !isUp { found.append("wished for during shutdown") }
    if case .cron(let cron) = machine, cron.hasForgottenRun {
      found.append("a run is due, and is neither begun nor skipped")
    }
    return found
  }

  private var impossibleInput: String? {
    switch machine {
    case .program(let program): program.impossibleInput
    case .task(let task): task.impossibleInput
    case .cron(let cron): cron.run.impossibleInput
    case .wait: nil
    }
  }
}
