/// What must hold after every event, whatever happened: checked in simulation after each step.
extension Fleet {
  /// Empty when all is well; else a sentence for each thing that cannot be.
  package func violations() -> [String] {
    var found: [String] = []
    for index in instances.indices { found += violations(of: InstanceID(index)) }
    for index in nodes.indices { found += violations(of: NodeID(index)) }
    let active = instances.count { $0.facts.isActive }
    if active != activeCount { found.append("\(activeCount) counted as active, \(active) are") }
    let awaited = instances.count { $0.isAwaitedByStart }
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
    let instance = instances[id.index]
    let rules = plan.node(of: id).rules
    let name = plan.members[id.index].displayName
    var found: [String] = []
    if instance.facts != instance.currentFacts(rules) { found.append("\(name): facts are stale") }
    if instance.armed != instance.nextDeadline(rules) {
      found.append("\(name): deadline not armed")
    }
    if let input = instance.impossibleInput { found.append("\(name): \(input)") }
    if instance.isWished, phase != .up { found.append("\(name): wished for during shutdown") }
    return found
  }

  private func violations(of id: NodeID) -> [String] {
    let node = plan.nodes[id.index]
    let progress = nodes[id.index]
    var found: [String] = []
    let unmet = node.requires.count { !nodes[$0.index].isSatisfied }
    if unmet != progress.unmetRequires {
      found.append("\(node.name): \(progress.unmetRequires) unmet requirements, \(unmet) are")
    }
    let unsettled = node.follows.count { !nodes[$0.index].isSettled }
    if unsettled != progress.unmetFollows {
      found.append("\(node.name): \(progress.unmetFollows) unsettled before it, \(unsettled) are")
    }
    let obstacles =
      node.requires.count { nodes[$0.index].isObstacle }
      + node.follows.count { nodes[$0.index].isHeldUp }
    if obstacles != progress.obstacles || isHeldUp(id) != progress.isHeldUp {
      found.append("\(node.name): \(progress.obstacles) obstacles, \(obstacles) are")
    }
    return found
  }
}

extension Instance {
  fileprivate var impossibleInput: String? {
    switch machine {
    case .program(let program): program.impossibleInput
    case .task(let task): task.impossibleInput
    case .cron(let cron): cron.run.impossibleInput
    case .wait: nil
    }
  }
}
