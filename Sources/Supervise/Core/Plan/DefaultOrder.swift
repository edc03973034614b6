import ProgramSpec

/// The order people write by hand, for units with neither `depends_on` nor `after`: all waits at
/// once, then directories and templates, then the start hooks one after the other, then programs.
///
/// A barrier stands between two stages. It holds only units that can be reached without a later
/// stage: a hook that depends on a program cannot also be what all programs wait for. Nor does it
/// hold steps that have come since: each generation has barriers of its own behind those of the one
/// before, for what is as young, or younger.
struct DefaultOrder {
  private enum Stage: Int { case waits, files, hooks, programs }

  private let units: [Unit]
  private let nodes: [NodeID]
  /// Of each generation of steps, one barrier after each stage but the last.
  private let barriers: [[NodeID]]
  private let generations: [Int]
  private let stages: [Stage?]

  /// `nodes` has the node of each unit; `barrier` finds or makes one of that name.
  init(_ units: [Unit], _ nodes: [NodeID], barrier: (String) -> NodeID) {
    self.units = units
    self.nodes = nodes
    generations = Set(units.filter(\.isStep).map(\.generation)).union([0]).sorted()
    barriers = generations.indices.map { rank in
      ["all waits", "all directories and templates", "all start hooks"]
        .map { barrier(rank == 0 ? $0 : "\($0), change \(rank)") }
    }
    stages = units.map(DefaultOrder.stage)
  }

  func addEdges(to plan: inout Plan) {
    let effective = effectiveStages(plan)
    for rank in generations.indices {
      for (stage, barrier) in barriers[rank].enumerated() {
        plan.nodes[barrier.index].requires =
          steps(ofRank: rank, upTo: stage, effective)
          + (rank == 0 ? [] : [barriers[rank - 1][stage]])
      }
    }
    for index in units.indices where units[index].hasDefaultOrder {
      guard let stage = stages[index], stage != .waits else { continue }
      let rank = generations.lastIndex { $0 <= units[index].generation } ?? 0
      plan.nodes[nodes[index].index].requires.append(barriers[rank][stage.rawValue - 1])
    }
    chainHooks(in: &plan)
  }

  private func steps(ofRank rank: Int, upTo stage: Int, _ effective: [Stage?]) -> [NodeID] {
    units.indices.filter { index in
      units[index].isStep && units[index].generation == generations[rank]
        && effective[index].map { $0.rawValue <= stage } ?? false
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
