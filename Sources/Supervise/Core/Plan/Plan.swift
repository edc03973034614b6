package import ProgramSpec

/// What starts after what: computed from a configuration, never changed by what happens.
///
/// When the configuration changes while everything runs, a new plan is drawn over the old one.
/// Names keep their numbers: journal, children and open pipes go by them. A node or member whose
/// name is gone stays as an empty place, until a unit of that name comes back; so an image that is
/// updated for years does not grow.
///
/// Nodes are units and, between the stages of the default order, barriers: ten thousand programs
/// that wait for ten hooks are ten thousand and ten edges, not a hundred thousand.
package struct Plan: Sendable, Equatable {
  package enum Mode: Sendable, Equatable {
    /// Everything the configuration asks for.
    case everything
    /// The steps before the programs, then only the unit at this index, in the foreground.
    case command(unit: Int, withSteps: Bool)
  }

  package struct Node: Sendable, Equatable {
    package var name: String
    /// Index into `Configuration.units`; nil for a barrier, and for an empty place.
    package var unit: Int?
    package var rules: Rules
    package var priority: Int
    /// The place in the order of starts, as far as no edge decides it.
    var rank = 0
    /// Must be satisfied first.
    package var requires: [NodeID] = []
    /// Must be satisfied first, unless it will not come.
    package var follows: [NodeID] = []
    /// The same edges from the other end.
    package var requiredBy: [NodeID] = []
    package var followedBy: [NodeID] = []
    /// Into `Plan.members`.
    package var instances: [Int] = []

    package var isBarrier: Bool { unit == nil }

    package var isListener: Bool {
      guard case .program(let rules) = rules else { return false }
      return rules.isListener
    }
  }

  /// One instance of a node.
  package struct Member: Sendable, Equatable {
    package var node: NodeID
    /// Index into the program's processes; 0 for a step.
    package var number: Int
    /// As supervisorctl prints it: `name`, or `group:name`.
    package var displayName: String
    package var group: String
    package var isProgram = false
    /// Its name is gone from the configuration: an empty place.
    package var isVacant = false

    /// Without its group: what supervisord's log calls it.
    package var processName: String {
      let parts = displayName.utf8.split(separator: UInt8(ascii: ":"))
      return parts.last.flatMap { String($0) } ?? displayName
    }
  }

  package internal(set) var nodes: [Node] = []
  package internal(set) var members: [Member] = []
  /// Groups of programs, by priority and name.
  package internal(set) var groups: [PlannedGroup] = []
  package internal(set) var shutdown = ShutdownRules()
  package internal(set) var hasCrons = false
  /// The one process that owns the terminal and gets every signal, in command mode.
  package internal(set) var foreground: InstanceID?

  package init(
    _ configuration: Configuration, mode: Mode = .everything, over previous: Plan? = nil
  ) {
    var builder = PlanBuilder(configuration, mode: mode, over: previous ?? Plan())
    self = builder.build()
  }

  init() {}

  package func node(of instance: InstanceID) -> Node { nodes[members[instance.index].node.index] }

  /// Without a copy of the node, whose edges may be many.
  func rules(of instance: InstanceID) -> Rules { nodes[members[instance.index].node.index].rules }
}

/// A supervisord group: a `[group:x]`, or a program on its own.
package struct PlannedGroup: Sendable, Equatable {
  package var name: String
  package var priority: Int
  package var members: [InstanceID]
}

package struct ShutdownRules: Sendable, Equatable {
  package var timeout = Duration.zero
  package var order = Supervisor.ShutdownOrder.graph
  package var signals: [Signal] = [.terminate, .interrupt, .quit]

  package init() {}
}
