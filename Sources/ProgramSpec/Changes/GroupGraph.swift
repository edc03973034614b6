/// Which group cannot do without which other, be it through steps.
struct GroupGraph {
  private let units: [Unit]
  private let weakly: Bool
  /// Of each group, by their places, in the order of the file.
  let programs: [String: [Int]]
  private var unitOfName: [String: Int] = [:]
  private var groupsOfUnit: [Int: [String]] = [:]

  /// `weakly`: also what a group only comes after.
  init(_ configuration: Configuration, weakly: Bool) {
    self.weakly = weakly
    units = configuration.units
    programs = configuration.programsByGroup
    for index in units.indices { unitOfName[units[index].name] = index }
    for (group, programs) in programs {
      for unit in programs { groupsOfUnit[unit, default: []].append(group) }
    }
  }

  /// The groups that these units, by their places, depend on.
  func required(by roots: [Int]) -> [String] {
    var found: [String] = []
    var open = roots
    var seen = Set(roots)
    while let unit = open.popLast() {
      for name in (units[unit].dependsOn ?? []) + (weakly ? units[unit].after ?? [] : []) {
        found += groups(holding: name)
        guard let other = unitOfName[name], units[other].isStep else { continue }
        if seen.insert(other).inserted { open.append(other) }
      }
    }
    return found
  }

  /// Those with this unit in them. A unit's name goes before a group's.
  func groups(holding name: String) -> [String] {
    guard let unit = unitOfName[name] else { return programs[name] == nil ? [] : [name] }
    return groupsOfUnit[unit]?.sorted() ?? []
  }

  /// The same names, each behind those it requires.
  func inOrder(_ names: [String]) -> [String] {
    let wanted = Set(names)
    return closure(of: names, without: []).filter(wanted.contains)
  }

  /// Them and everything they require, which comes first. Without recursion: a chain may be as long
  /// as the file.
  func closure(of names: [String], without present: Set<String>) -> [String] {
    var seen = present
    var order: [String] = []
    var open = names.reversed().map { (name: $0, isEntered: false) }
    while let (name, isEntered) = open.popLast() {
      if isEntered { order.append(name) }
      guard !isEntered, seen.insert(name).inserted else { continue }
      open.append((name, true))
      open += required(by: programs[name] ?? []).reversed().map { ($0, false) }
    }
    return order
  }
}

extension Configuration {
  /// The programs of each group by their places, also those that have no process in it now.
  fileprivate var programsByGroup: [String: [Int]] {
    var found: [String: [Int]] = [:]
    for group in groups { found[group.name] = [] }
    let members = Set(groups.flatMap(\.programs))
    for index in units.indices {
      guard case .program(let program) = units[index].work else { continue }
      let own = members.contains(units[index].name) ? [] : [units[index].name]
      for name in Set(program.processes.map(\.group) + own) {
        found[name, default: []].append(index)
      }
    }
    return found
  }
}
