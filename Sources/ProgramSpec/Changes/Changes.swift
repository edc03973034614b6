/// What differs between the configuration that runs and the one that is there now.
package struct Changes: Sendable, Equatable {
  /// Names, in the order of the configuration; of groups in that of their priorities.
  package var added: [String] = []
  package var changed: [String] = []
  package var removed: [String] = []

  package init() {}

  /// Of groups of programs, which is all that supervisord knows.
  package static func ofGroups(from active: Configuration, to read: Configuration) -> Changes {
    Changes(from: GroupView.all(of: active), to: GroupView.all(of: read), \.name)
  }

  package static func ofCrons(from active: Configuration, to read: Configuration) -> Changes {
    Changes(from: active.crons, to: read.crons, \.name)
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

extension Configuration {
  /// Wherever in its file one stands, it is the same cron.
  fileprivate var crons: [Unit] {
    units.filter(\.isCron).map { unit in
      var unit = unit
      unit.location = .nowhere
      return unit
    }
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
