import ProgramSpec

/// The order people write by hand, for units with neither `depends_on` nor `after`: all waits at
/// once, then directories and templates, then the start hooks one after the other, then programs.
///
/// A barrier stands between two stages. It holds only units that can be reached without a later
/// stage: a hook that depends on a program cannot also be what all programs wait for. Nor does it
/// hold steps that have come since: those are waited for by what is as young, or younger, one by
/// one.
struct DefaultOrder {
  private enum Stage: Int { case waits, files, hooks, programs }

  /// One barrier after each stage but the last.
  static let barrierNames = ["all waits", "all directories and templates", "all start hooks"]

  private let units: [Unit]
  private let nodes: [NodeID]
  private let barriers: [NodeID]
  private let stages: [Stage?]

  /// `nodes` has the node of each unit.
  init(_ units: [Unit], _ nodes: [NodeID], _ barriers: [NodeID]) {
    self.units = units
    self.nodes = nodes
    self.barriers = barriers
    stages = units.map(DefaultOrder.stage)
  }

  func addEdges(to plan: inout Plan) {
    let effective = effectiveStages(plan)
    for (stage, barrier) in barriers.enumerated() {
      plan.nodes[barrier.index].requires = units.indices
        .filter { effective[$0].map { $0.rawValue <= stage } ?? false }
        .filter { units[$0].generation == 0 }.map { nodes[$0] }
    }
    for index in units.indices where units[index].hasDefaultOrder {
      guard let stage = stages[index], stage != .waits else { continue }
      plan.nodes[nodes[index].index].requires.append(barriers[stage.rawValue - 1])
      plan.nodes[nodes[index].index].requires += youngSteps(before: index, stage, effective)
    }
    chainHooks(in: &plan)
  }

  /// Those that have come since the start, but no later than the unit itself.
  private func youngSteps(
    before index: Int, _ stage: Stage, _ effective: [Stage?]
  ) -> [NodeID] {
    guard units[index].generation > 0 else { return [] }
    return units.indices.filter { other in
      guard units[other].isStep, let theirs = effective[other] else { return false }
      return (1...units[index].generation).contains(units[other].generation)
        && theirs.rawValue < stage.rawValue
    }.map { nodes[$0] }
  }

  /// One after the other, as the file has them, each behind the last one that is no younger.
  private func chainHooks(in plan: inout Plan) {
    var previous: [Int] = []
    for index in units.indices where units[index].hasDefaultOrder && stages[index] == .hooks {
      if let last = previous.last(where: { units[$0].generation <= units[index].generation }) {
        plan.nodes[nodes[index].index].requires.append(nodes[last])
      }
      previous.append(index)
    }
  }

  /// The stage of each unit, or the latest stage among all that it explicitly comes after; nil for
  /// what is no part of the start at all.
  private func effectiveStages(_ plan: Plan) -> [Stage?] {
    var effective = stages
    var changed = true
    while changed {
      changed = false
      for index in units.indices {
        guard let own = effective[index] else { continue }
        let node = plan.nodes[nodes[index].index]
        for unit in (node.requires + node.follows).compactMap({ plan.nodes[$0.index].unit }) {
          guard let theirs = effective[unit], theirs.rawValue > own.rawValue else { continue }
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
