/// Gives each name the number it had in the plan before, and new ones to new names.
struct PlanPlaces {
  /// A step may have the name of a process.
  private struct MemberKey: Hashable {
    var isProgram: Bool
    var displayName: String

    init(_ member: Plan.Member) {
      isProgram = member.isProgram
      displayName = member.displayName
    }
  }

  private var nodes: [String: NodeID] = [:]
  /// Lists, for nothing keeps two programs of one group from naming a process alike.
  private var members: [MemberKey: [Int]] = [:]

  init(_ previous: Plan) {
    for (index, node) in previous.nodes.enumerated() { nodes[node.name] = NodeID(index) }
    for (index, member) in previous.members.enumerated().reversed() {
      members[MemberKey(member), default: []].append(index)
    }
  }

  func node(named name: String, in plan: inout Plan) -> NodeID {
    if let node = nodes[name] { return node }
    plan.nodes.append(.barrier(named: name))
    return NodeID(plan.nodes.count - 1)
  }

  mutating func member(_ member: Plan.Member, in plan: inout Plan) -> Int {
    guard let index = members[MemberKey(member)]?.popLast() else {
      plan.members.append(member)
      return plan.members.count - 1
    }
    plan.members[index] = member
    return index
  }
}

extension Plan {
  /// All places, and nobody in them.
  var emptied: Plan {
    var plan = Plan()
    plan.nodes = nodes.map { .barrier(named: $0.name) }
    plan.members = members.map { $0.vacated }
    return plan
  }
}

extension Plan.Node {
  static func barrier(named name: String) -> Plan.Node {
    Plan.Node(name: name, unit: nil, rules: .barrier, priority: Int.min)
  }
}

extension Plan.Member {
  fileprivate var vacated: Plan.Member {
    var member = self
    member.isVacant = true
    return member
  }
}
