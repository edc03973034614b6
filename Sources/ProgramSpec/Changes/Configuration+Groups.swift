/// Groups that come and go while the rest runs.
extension Configuration {
  /// Without that group: its processes, and the programs that are in no other.
  package func removing(group name: String) -> Configuration {
    var rest = self
    rest.groups.removeAll { $0.name == name }
    rest.units = units.compactMap { unit in
      guard case .program(var program) = unit.work else { return unit }
      let before = program.processes.count
      program.processes.removeAll { $0.group == name }
      let isLeft = before == 0 ? unit.name != name : !program.processes.isEmpty
      guard isLeft else { return nil }
      var unit = unit
      unit.work = .program(program)
      return unit
    }
    return rest
  }

  /// With that group as `other` has it, and with the steps of `other` that are not here yet, for it
  /// may depend on them. nil: `other` has no such group.
  package func adding(group name: String, from other: Configuration) -> Configuration? {
    guard let group = other.processGroups.first(where: { $0.name == name }) else { return nil }
    var whole = self
    whole.groups += other.groups.filter { $0.name == name }
    whole.adoptSteps(of: other)
    for index in programs(of: group, in: other) {
      whole.add(other.units[index], in: name)
    }
    whole.sortUnits(as: other)
    return whole
  }

  package func removing(cron name: String) -> Configuration {
    var rest = self
    rest.units.removeAll { $0.isCron && $0.name == name }
    return rest
  }

  /// With that cron as `other` has it, and the steps it may depend on. nil: `other` has none.
  package func adding(cron name: String, from other: Configuration) -> Configuration? {
    guard let unit = other.units.first(where: { $0.isCron && $0.name == name }) else { return nil }
    var whole = removing(cron: name)
    whole.adoptSteps(of: other)
    whole.units.append(unit)
    whole.sortUnits(as: other)
    return whole
  }

  /// Those that are not here yet.
  private mutating func adoptSteps(of other: Configuration) {
    units += other.units.filter { !$0.isProgram && !$0.isCron && !has(unit: $0.name) }
  }

  private func has(unit name: String) -> Bool { units.contains { $0.name == name } }

  private func programs(of group: ProcessGroup, in other: Configuration) -> [Int] {
    other.units.indices.filter { index in
      group.members.contains { $0.unit == index }
        || (other.units[index].isProgram && other.units[index].name == group.name)
    }
  }

  /// A program that is in several groups gets the processes of one more.
  private mutating func add(_ unit: Unit, in group: String) {
    guard case .program(var program) = unit.work else { return }
    program.processes.removeAll { $0.group != group }
    if let index = units.firstIndex(where: { $0.name == unit.name }),
      case .program(let present) = units[index].work
    {
      program.processes = present.processes + program.processes
      units.remove(at: index)
    }
    var unit = unit
    unit.work = .program(program)
    units.append(unit)
  }

  /// The default order is that of the file.
  private mutating func sortUnits(as other: Configuration) {
    var places: [String: Int] = [:]
    for (index, unit) in other.units.enumerated() { places[unit.name] = index }
    let ranked = units.enumerated().sorted { left, right in
      (places[left.element.name] ?? Int.max, left.offset)
        < (places[right.element.name] ?? Int.max, right.offset)
    }
    units = ranked.map(\.element)
  }
}
