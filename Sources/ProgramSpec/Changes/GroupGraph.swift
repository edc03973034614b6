/// Which group cannot do without which other, be it through steps.
struct GroupGraph {
  private let units: [Unit]
  private let weakly: Bool
  private let groups: Set<String>
  private var unitOfName: [String: Int] = [:]
  private var groupsOfUnit: [Int: [String]] = [:]
  private var requirements: [String: [String]] = [:]

  /// `weakly`: also what a group only comes after.
  init(_ configuration: Configuration, weakly: Bool) {
    self.weakly = weakly
    units = configuration.units
    let all = configuration.processGroups
    groups = Set(all.map(\.name))
    for index in units.indices { unitOfName[units[index].name] = index }
    for group in all {
      for unit in configuration.programs(of: group) {
        groupsOfUnit[unit, default: []].append(group.name)
      }
    }
    for group in all { requirements[group.name] = required(by: configuration.programs(of: group)) }
  }

  /// The groups that these units, by their places, depend on.
  func required(by roots: [Int]) -> [String] {
    var found: [String] = []
    var open = roots
    var seen = Set(roots)
    while let unit = open.popLast() {
      for name in (units[unit].dependsOn ?? []) + (weakly ? units[unit].after ?? [] : []) {
        guard let other = unitOfName[name] else {
          // A unit's name goes before a group's.
          if groups.contains(name) { found.append(name) }
          continue
        }
        found += groupsOfUnit[other] ?? []
        if units[other].isStep, seen.insert(other).inserted { open.append(other) }
      }
    }
    return found
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
      open += (requirements[name] ?? []).reversed().map { ($0, false) }
    }
    return order
  }
}
