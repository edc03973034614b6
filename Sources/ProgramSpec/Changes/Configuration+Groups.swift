/// Groups and crons that come and go while the rest runs.
extension Configuration {
  /// A configuration with more in it than before.
  package struct Addition {
    package var whole: Configuration
    /// Those that have come, each behind what it cannot do without.
    package var groups: [String] = []
    package var steps: StepChange
  }

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

  /// With that group as `other` has it, and the steps of `other`. nil: `other` has no such group,
  /// or something that cannot be touched has the name of one of its programs.
  package func adding(group name: String, from other: Configuration, _ now: Moment) -> Addition? {
    let addition = addition(of: [name], adoptingSteps(of: other, now), from: other, now)
    return addition.groups.contains(name) ? addition : nil
  }

  /// With the steps of `other`.
  package func addingSteps(from other: Configuration, _ now: Moment) -> Addition {
    addition(of: [], adoptingSteps(of: other, now), from: other, now)
  }

  /// With that cron as `other` has it, and the steps it may depend on. nil: `other` has none.
  package func adding(cron name: String, from other: Configuration, _ now: Moment) -> Addition? {
    guard let index = other.units.firstIndex(where: { $0.isCron && $0.name == name }) else {
      return nil
    }
    var steps = removing(cron: name).adoptingSteps(of: other, now)
    var cron = other.units[index]
    cron.generation = steps.whole.newestGeneration
    steps.whole.units.append(cron)
    return addition(of: [], steps, alsoNeededBy: [index], from: other, now)
  }

  /// With these groups, and with all those without which they, or the steps that are done now,
  /// would start too early, because they are not here yet.
  private func addition(
    of names: [String], _ steps: StepChange, alsoNeededBy roots: [Int] = [],
    from other: Configuration, _ now: Moment
  ) -> Addition {
    var addition = Addition(whole: steps.whole, steps: steps)
    let graph = GroupGraph(other, weakly: false)
    let begun = other.units.indices.filter { steps.begun.contains(other.units[$0].name) }
    let present = groupNames.subtracting(names)
    let impossible = now.busy.flatMap(graph.groups(holding:))
    addition.groups = graph.closure(
      of: graph.required(by: begun + roots) + names, without: present.union(impossible)
    ).filter { graph.programs[$0] != nil }
    for group in addition.groups {
      addition.whole.groups += other.groups.filter { $0.name == group }
      for unit in graph.programs[group] ?? [] { addition.whole.add(other.units[unit], in: group) }
    }
    addition.whole.sortUnits(as: other)
    return addition
  }

  package func removing(cron name: String) -> Configuration {
    var rest = self
    rest.units.removeAll { $0.isCron && $0.name == name }
    return rest
  }

  private var newestGeneration: Int { units.map(\.generation).max() ?? 0 }

  /// A program that is in several groups gets the processes of one more. What had its name and was
  /// no program is in its way.
  private mutating func add(_ unit: Unit, in group: String) {
    guard case .program(var program) = unit.work else { return }
    program.processes.removeAll { $0.group != group }
    var unit = unit
    unit.generation = newestGeneration
    if let index = units.firstIndex(where: { $0.name == unit.name }) {
      let old = units.remove(at: index)
      if case .program(let present) = old.work {
        program.processes = present.processes + program.processes
        unit.generation = old.generation
      }
    }
    unit.work = .program(program)
    units.append(unit)
  }
}
