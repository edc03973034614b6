/// What a newly read configuration changes, by group: supervisord's `reloadConfig`.
package struct GroupChanges: Sendable, Equatable {
  /// Names of groups, in the order of their priorities.
  package var added: [String] = []
  package var changed: [String] = []
  package var removed: [String] = []

  package init() {}

  /// `active` is what runs, `read` what the files say now.
  package init(from active: Configuration, to read: Configuration) {
    let old = GroupView.all(of: active)
    let new = GroupView.all(of: read)
    added = new.filter { view in !old.contains { $0.name == view.name } }.map(\.name)
    removed = old.filter { view in !new.contains { $0.name == view.name } }.map(\.name)
    changed = new.filter { view in old.contains { $0.name == view.name && $0 != view } }.map(\.name)
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
    unit = configuration.units[member.unit]
    unit.location = .nowhere
    guard case .program(var program) = unit.work else { return nil }
    process = program.processes[member.process]
    // Only the processes of this group make it what it is.
    program.processes = []
    unit.work = .program(program)
  }
}
