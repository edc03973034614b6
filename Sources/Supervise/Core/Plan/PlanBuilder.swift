import ProgramSpec

/// Turns a configuration into a plan: nodes and instances, then edges, then the default order.
struct PlanBuilder {
  private let configuration: Configuration
  private let mode: Plan.Mode
  private var plan: Plan
  private var places: PlanPlaces
  /// The node of each unit of the configuration.
  private var nodeOfUnit: [NodeID] = []
  private var nodeOfName: [String: NodeID] = [:]

  init(_ configuration: Configuration, mode: Plan.Mode, over previous: Plan) {
    self.configuration = configuration
    self.mode = mode
    plan = previous.emptied
    places = PlanPlaces(previous)
  }

  mutating func build() -> Plan {
    addNodes()
    addExplicitEdges()
    addDefaultOrder()
    addReverseEdges()
    plan.groups = groups()
    rankNodes()
    plan.hasCrons = plan.nodes.contains { $0.isCron && !$0.instances.isEmpty }
    plan.shutdown = ShutdownRules(configuration.supervisor)
    return plan
  }

  private mutating func addNodes() {
    for (index, unit) in configuration.units.enumerated() {
      let node = places.node(named: unit.name, in: &plan)
      nodeOfUnit.append(node)
      nodeOfName[unit.name] = node
      plan.nodes[node.index] = Plan.Node(
        name: unit.name, unit: index, rules: unit.rules, priority: unit.priority)
      if isIncluded(index) { addMembers(of: unit, in: node) }
      if case .command(index, _) = mode {
        plan.foreground = plan.nodes[node.index].instances.first.map(InstanceID.init)
      }
    }
  }

  private mutating func addMembers(of unit: Unit, in node: NodeID) {
    guard case .program(let program) = unit.work else {
      for number in 0..<unit.mostRuns {
        add(.init(node: node, number: number, displayName: unit.name, group: unit.name))
      }
      return
    }
    for (number, process) in program.processes.enumerated() {
      add(
        .init(
          node: node, number: number, displayName: process.displayName, group: process.group,
          isProgram: true))
    }
  }

  private mutating func add(_ member: Plan.Member) {
    let index = places.member(member, in: &plan)
    plan.nodes[member.node.index].instances.append(index)
  }

  private mutating func addDefaultOrder() {
    let order = DefaultOrder(configuration.units, nodeOfUnit) { name in
      let barrier = places.node(named: name, in: &plan)
      plan.nodes[barrier.index] = .barrier(named: name)
      return barrier
    }
    order.addEdges(to: &plan)
  }

  /// What is left out keeps its node, without instances: it counts as satisfied at once.
  private func isIncluded(_ index: Int) -> Bool {
    switch (configuration.units[index].work, mode) {
    case (_, .everything): true
    case (.cron, .command): false
    case (.program, .command(let unit, _)): unit == index
    // What is to be done once the service is up, or goes, is not this command's.
    case (.hook(let hook), .command(_, let withSteps)): withSteps && hook.stage == .start
    case (_, .command(_, let withSteps)): withSteps
    }
  }

  private mutating func addExplicitEdges() {
    for (index, unit) in configuration.units.enumerated() {
      let node = nodeOfUnit[index].index
      plan.nodes[node].requires = (unit.dependsOn ?? []).flatMap { nodes(named: $0) }
      plan.nodes[node].follows = (unit.after ?? []).flatMap { nodes(named: $0) }
    }
  }

  /// A name that is not there (any more) holds nobody up.
  private func nodes(named name: String) -> [NodeID] {
    if let node = nodeOfName[name] { return [node] }
    let group = configuration.groups.first { $0.name == name }
    return group?.programs.compactMap { nodeOfName[$0] } ?? []
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
  }

  /// Steps by priority and name; then programs as supervisord starts them: group by group, each
  /// group's in the order of its `programs=`.
  private mutating func rankNodes() {
    var places: [NodeID: Int] = [:]
    for (place, id) in plan.groups.flatMap(\.members).enumerated() {
      let node = plan.members[id.index].node
      places[node] = places[node] ?? place
    }
    let order = plan.nodes.indices.sorted { [nodes = plan.nodes] left, right in
      switch (places[NodeID(left)], places[NodeID(right)]) {
      case (.some(let first), .some(let second)): first < second
      case (nil, nil): nodes[left].startsBefore(nodes[right])
      case (let first, _): first == nil
      }
    }
    for (rank, index) in order.enumerated() { plan.nodes[index].rank = rank }
  }

  private func groups() -> [PlannedGroup] {
    configuration.processGroups.map { group in
      PlannedGroup(
        name: group.name, priority: group.priority,
        members: group.members.compactMap { member in
          let instances = plan.nodes[nodeOfUnit[member.unit].index].instances
          return member.process < instances.count ? InstanceID(instances[member.process]) : nil
        })
    }
  }
}

extension Unit {
  /// Of a step: at one time.
  fileprivate var mostRuns: Int {
    guard case .cron(let cron) = work, cron.overlap == .allow else { return 1 }
    return Cron.mostRuns
  }
}

extension Plan.Node {
  /// supervisord's order: by priority, then by name.
  func startsBefore(_ other: Plan.Node) -> Bool {
    (priority, name) < (other.priority, other.name)
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
