import ProgramSpec

/// Turns a configuration into a plan: nodes and instances, then edges, then the default order.
struct PlanBuilder {
  private let configuration: Configuration
  private let mode: Plan.Mode
  private var plan = Plan()

  init(_ configuration: Configuration, mode: Plan.Mode) {
    self.configuration = configuration
    self.mode = mode
  }

  mutating func build() -> Plan {
    addNodes()
    addExplicitEdges()
    var order = DefaultOrder(configuration.units, plan: plan)
    plan = order.completed()
    addReverseEdges()
    plan.groups = groups()
    plan.shutdown = ShutdownRules(configuration.supervisor)
    return plan
  }

  private mutating func addNodes() {
    for (index, unit) in configuration.units.enumerated() {
      let first = plan.members.count
      if isIncluded(index) { addMembers(of: unit, in: NodeID(index)) }
      var node = Plan.Node(
        name: unit.name, unit: index, rules: unit.rules, priority: unit.priority)
      node.instances = first..<plan.members.count
      plan.nodes.append(node)
      if case .command(index, _) = mode { plan.foreground = InstanceID(first) }
    }
  }

  private mutating func addMembers(of unit: Unit, in node: NodeID) {
    guard case .program(let program) = unit.work else {
      plan.members.append(
        .init(node: node, number: 0, displayName: unit.name, group: unit.name))
      return
    }
    for (number, process) in program.processes.enumerated() {
      plan.members.append(
        .init(
          node: node, number: number, displayName: process.displayName, group: process.group))
    }
  }

  /// What is left out keeps its node, without instances: it counts as satisfied at once.
  private func isIncluded(_ index: Int) -> Bool {
    switch (configuration.units[index].work, mode) {
    case (.cron, _): false
    case (_, .everything): true
    case (.program, .command(let unit, _)): unit == index
    case (_, .command(_, let withSteps)): withSteps
    }
  }

  private mutating func addExplicitEdges() {
    for (index, unit) in configuration.units.enumerated() {
      plan.nodes[index].requires = (unit.dependsOn ?? []).flatMap(nodes)
      plan.nodes[index].follows = (unit.after ?? []).flatMap(nodes)
    }
  }

  private func nodes(of reference: UnitReference) -> [NodeID] {
    switch reference {
    case .unit(let index): [NodeID(index)]
    case .group(let index):
      configuration.groups[index].programs.flatMap { name in
        configuration.units.indices.filter { configuration.units[$0].isProgram(named: name) }
          .map(NodeID.init)
      }
    }
  }

  private mutating func addReverseEdges() {
    for index in plan.nodes.indices {
      for other in plan.nodes[index].requires {
        plan.nodes[other.index].requiredBy.append(NodeID(index))
      }
      for other in plan.nodes[index].follows {
        plan.nodes[other.index].followedBy.append(NodeID(index))
      }
    }
    let nodes = plan.nodes
    for index in plan.nodes.indices {
      plan.nodes[index].requiredBy.sort { nodes[$0.index].startsBefore(nodes[$1.index]) }
      plan.nodes[index].followedBy.sort { nodes[$0.index].startsBefore(nodes[$1.index]) }
    }
  }

  private func groups() -> [PlannedGroup] {
    var order: [PlannedGroup] = []
    var positions: [String: Int] = [:]
    for (index, member) in plan.members.enumerated() {
      guard case .program = plan.nodes[member.node.index].rules else { continue }
      let position = positions[member.group] ?? order.count
      if position == order.count {
        positions[member.group] = position
        order.append(.init(name: member.group, priority: priority(of: member), members: []))
      }
      order[position].members.append(InstanceID(index))
    }
    return order.sorted { ($0.priority, $0.name) < ($1.priority, $1.name) }
  }

  private func priority(of member: Plan.Member) -> Int {
    configuration.groups.first { $0.name == member.group }?.priority
      ?? plan.nodes[member.node.index].priority
  }
}

extension Plan.Node {
  /// supervisord's order: by priority, then by name.
  func startsBefore(_ other: Plan.Node) -> Bool {
    (priority, name) < (other.priority, other.name)
  }
}

extension Unit {
  fileprivate func isProgram(named name: String) -> Bool {
    guard case .program = work else { return false }
    return self.name == name
  }
}

extension ShutdownRules {
  fileprivate init(_ supervisor: Supervisor) {
    self.init()
    timeout = supervisor.shutdownTimeout
    order = supervisor.shutdownOrder
    if !supervisor.shutdownSignals.isEmpty { signals = supervisor.shutdownSignals }
  }
}
