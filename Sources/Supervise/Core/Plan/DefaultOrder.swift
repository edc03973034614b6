import ProgramSpec

/// The order people write by hand, for units with neither `depends_on` nor `after`: all waits at
/// once, then directories and templates, then the start hooks one after the other, then programs.
///
/// A barrier stands between two stages. It holds only units that can be reached without a later
/// stage: a hook that depends on a program cannot also be what all programs wait for.
struct DefaultOrder {
  /// The stages, in their order.
  private enum Stage: Int, CaseIterable {
    case waits, files, hooks, programs

    var name: String {
      switch self {
      case .waits: "waits"
      case .files: "directories and templates"
      case .hooks: "start hooks"
      case .programs: "programs"
      }
    }
  }

  private let units: [Unit]
  private var plan: Plan
  private var stages: [Stage?]

  init(_ units: [Unit], plan: Plan) {
    self.units = units
    self.plan = plan
    stages = units.map(DefaultOrder.stage)
  }

  mutating func completed() -> Plan {
    let effective = effectiveStages()
    var barriers: [NodeID] = []
    for stage in [Stage.waits, .files, .hooks] {
      let earlier = units.indices.filter {
        effective[$0].map { $0.rawValue <= stage.rawValue } ?? false
      }
      barriers.append(addBarrier(after: stage, over: earlier.map(NodeID.init)))
    }
    var previousHook: NodeID?
    for index in units.indices where units[index].hasDefaultOrder {
      guard let stage = stages[index], stage != .waits else { continue }
      plan.nodes[index].requires.append(barriers[stage.rawValue - 1])
      guard stage == .hooks else { continue }
      if let previousHook { plan.nodes[index].requires.append(previousHook) }
      previousHook = NodeID(index)
    }
    return plan
  }

  private mutating func addBarrier(after stage: Stage, over nodes: [NodeID]) -> NodeID {
    var barrier = Plan.Node(
      name: "all \(stage.name)", unit: nil, rules: .barrier, priority: Int.min)
    barrier.requires = nodes
    plan.nodes.append(barrier)
    return NodeID(plan.nodes.count - 1)
  }

  /// The stage of each unit, or the latest stage among all that it explicitly comes after; nil for
  /// what is no part of the start at all.
  private func effectiveStages() -> [Stage?] {
    var effective = stages
    var changed = true
    while changed {
      changed = false
      for index in units.indices {
        guard let own = effective[index] else { continue }
        for other in plan.nodes[index].requires + plan.nodes[index].follows {
          guard let theirs = effective[other.index], theirs.rawValue > own.rawValue else {
            continue
          }
          effective[index] = theirs
          changed = true
        }
      }
    }
    return effective
  }

  private static func stage(of unit: Unit) -> Stage? {
    switch unit.work {
    case .wait: .waits
    case .directory, .template: .files
    case .hook(let hook): hook.stage == .start ? .hooks : nil
    case .program, .cron: .programs
    }
  }
}

extension Unit {
  fileprivate var hasDefaultOrder: Bool { dependsOn == nil && after == nil }
}
