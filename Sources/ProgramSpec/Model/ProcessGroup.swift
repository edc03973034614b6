/// A supervisord process group: a `[group:x]`, or a program on its own.
package struct ProcessGroup: Sendable, Equatable {
  /// One process, by its place in `Configuration.units` and `Program.processes`.
  package struct Member: Sendable, Equatable {
    package var unit: Int
    package var process: Int
  }

  package var name: String
  package var priority: Int
  package var members: [Member] = []
}

extension Configuration {
  /// Every group, by priority and name; those without a process too, as supervisord has them.
  ///
  /// Members stand in the order of `programs=`, those of one program by name.
  package var processGroups: [ProcessGroup] {
    var found = groups.map { ProcessGroup(name: $0.name, priority: $0.priority) }
    var places: [String: Int] = [:]
    for (index, group) in groups.enumerated() { places[group.name] = places[group.name] ?? index }
    for (index, unit) in units.enumerated() {
      guard case .program(let program) = unit.work else { continue }
      for name in Set(program.processes.map(\.group)).union(ownGroup(of: unit)).sorted() {
        let place = places[name] ?? found.count
        if place == found.count {
          places[name] = place
          found.append(ProcessGroup(name: name, priority: unit.priority))
        }
        found[place].members += members(of: program, index, in: name)
      }
    }
    for group in groups { found[places[group.name] ?? 0].members.sort { inOrder($0, $1, group) } }
    return found.sorted { ($0.priority, $0.name) < ($1.priority, $1.name) }
  }

  /// Of all of them, in no order.
  package var groupNames: Set<String> {
    let members = Set(groups.flatMap(\.programs))
    let programs = units.filter { $0.isProgram && !members.contains($0.name) }
    return Set(groups.map(\.name) + programs.map(\.name))
  }

  /// All of them in the order of getAllConfigInfo: by the name of the process alone.
  package var membersByName: [(group: ProcessGroup, member: ProcessGroup.Member)] {
    let all = processGroups.flatMap { group in group.members.map { (group, $0, name(of: $0)) } }
    let order = all.indices.sorted { (all[$0].2, $0) < (all[$1].2, $1) }
    return order.map { (all[$0].0, all[$0].1) }
  }

  /// A program that is in no group has one of its own, even while it has no process.
  private func ownGroup(of unit: Unit) -> [String] {
    groups.contains { $0.programs.contains(unit.name) } ? [] : [unit.name]
  }

  private func members(
    of program: Program, _ unit: Int, in group: String
  ) -> [ProcessGroup.Member] {
    program.processes.indices.filter { program.processes[$0].group == group }
      .sorted { program.processes[$0].name < program.processes[$1].name }
      .map { ProcessGroup.Member(unit: unit, process: $0) }
  }

  private func inOrder(
    _ left: ProcessGroup.Member, _ right: ProcessGroup.Member, _ group: Group
  ) -> Bool {
    let ranks = [left, right].map { group.programs.firstIndex(of: units[$0.unit].name) ?? 0 }
    guard ranks[0] == ranks[1] else { return ranks[0] < ranks[1] }
    return name(of: left) < name(of: right)
  }

  private func name(of member: ProcessGroup.Member) -> String {
    guard case .program(let program) = units[member.unit].work else { return "" }
    return program.processes[member.process].name
  }
}
