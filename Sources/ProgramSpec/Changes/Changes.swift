/// What differs between the configuration that runs and the one that is there now.
package struct Changes: Sendable, Equatable {
  /// Names, in the order of the configuration; of groups in that of their priorities, each behind
  /// those that it depends on.
  package var added: [String] = []
  package var changed: [String] = []
  package var removed: [String] = []

  package init() {}

  /// Of groups of programs, which is all that supervisord knows.
  package static func ofGroups(from active: Configuration, to read: Configuration) -> Changes {
    var changes = Changes(from: GroupView.all(of: active), to: GroupView.all(of: read), \.name)
    let graph = GroupGraph(read, weakly: true)
    changes.added = graph.inOrder(changes.added)
    changes.changed = graph.inOrder(changes.changed)
    return changes
  }

  /// Of waits, directories, templates and hooks.
  package static func ofSteps(from active: Configuration, to read: Configuration) -> Changes {
    Changes(
      from: active.units.filter(\.isStep).map(\.essence),
      to: read.units.filter(\.isStep).map(\.essence), \.name)
  }

  package static func ofCrons(from active: Configuration, to read: Configuration) -> Changes {
    Changes(
      from: active.units.filter(\.isCron).map(\.essence),
      to: read.units.filter(\.isCron).map(\.essence), \.name)
  }

  private init<View: Equatable>(
    from old: [View], to new: [View], _ name: (View) -> String
  ) {
    let before = Dictionary(old.map { (name($0), $0) }) { first, _ in first }
    let now = Set(new.map(name))
    added = new.map(name).filter { before[$0] == nil }
    changed = new.filter { view in before[name(view)].map { $0 != view } ?? false }.map(name)
    removed = old.map(name).filter { !now.contains($0) }
  }
}

/// A group with everything that makes a difference to it, and nothing else: a program that has only
/// moved in its file is the same program.
private struct GroupView: Equatable {
  struct Part: Equatable {
    var unit: Unit
    var process: Process
  }

  var name: String
  var priority: Int
  var parts: [Part]

  static func all(of configuration: Configuration) -> [GroupView] {
    configuration.processGroups.map { group in
      GroupView(
        name: group.name, priority: group.priority,
        parts: group.members.compactMap { Part($0, configuration) })
    }
  }
}

extension GroupView.Part {
  fileprivate init?(_ member: ProcessGroup.Member, _ configuration: Configuration) {
    unit = configuration.units[member.unit].essence
    guard case .program(var program) = unit.work else { return nil }
    process = program.processes[member.process]
    // Only the processes of this group make it what it is.
    program.processes = []
    unit.work = .program(program)
  }
}
