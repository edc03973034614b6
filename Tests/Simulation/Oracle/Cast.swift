import ProgramSpec
import SuperviseCore

/// Which unit of the configuration an instance number means, and which instances a name in a
/// request means. Only the names of the instances come from the core.
struct Cast {
  struct Member {
    var name: String
    var isProgram: Bool
    /// Index into the units of the configuration; nil: it was removed.
    var unit: Int?
    /// 0 for the first instance of its unit.
    var number: Int
    /// The place of its group in the order of supervisord; nil: it is no process of a program.
    var group: Int?
    /// The place in the order of starts, as far as no edge of the graph decides it.
    var rank = 0
  }

  private struct Group {
    var name: String
    var members: [Int]
  }

  let configuration: Configuration
  private(set) var members: [Member] = []
  /// By unit.
  private(set) var instances: [[Int]]
  /// Indices of the units that are crons and have instances.
  private(set) var crons: [Int] = []
  private var indexOfProcess: [String: Int] = [:]
  private var groups: [Group] = []

  init(_ configuration: Configuration, _ names: [Plan.Member]) {
    self.configuration = configuration
    instances = configuration.units.map { _ in [] }
    var steps: [String: Int] = [:]
    var processes: [String: Int] = [:]
    for (index, unit) in configuration.units.enumerated() {
      steps[unit.name] = index
      guard case .program(let program) = unit.work else { continue }
      for process in program.processes { processes[process.displayName] = index }
    }
    for (index, name) in names.enumerated() {
      let units = name.isProgram ? processes : steps
      let unit = name.isVacant ? nil : units[name.displayName]
      members.append(
        Member(
          name: name.displayName, isProgram: name.isProgram, unit: unit, number: name.number))
      if let unit { instances[unit].append(index) }
      if name.isProgram, !name.isVacant { indexOfProcess[name.displayName] = index }
    }
    crons = configuration.units.indices.filter {
      configuration.units[$0].isCron && !instances[$0].isEmpty
    }
    for group in configuration.processGroups {
      let place = groups.count
      groups.append(Group(name: group.name, members: group.members.compactMap(instance)))
      for index in groups[place].members { members[index].group = place }
    }
    for (rank, index) in startOrder().enumerated() { members[index].rank = rank }
  }

  /// Steps by priority and name; then programs group by group, in the order of the group, each with
  /// its processes one after the other.
  private func startOrder() -> [Int] {
    let present = members.indices.filter { members[$0].unit != nil }
    let steps = present.filter { !members[$0].isProgram }.sorted { left, right in
      let units = [left, right].map { configuration.units[members[$0].unit ?? 0] }
      return (units[0].priority, units[0].name, members[left].number)
        < (units[1].priority, units[1].name, members[right].number)
    }
    var units: [Int] = []
    for index in groups.flatMap(\.members) {
      if let unit = members[index].unit, !units.contains(unit) { units.append(unit) }
    }
    return steps
      + units.flatMap { instances[$0].sorted { members[$0].number < members[$1].number } }
  }

  private func instance(of member: ProcessGroup.Member) -> Int? {
    guard case .program(let program) = configuration.units[member.unit].work else { return nil }
    return indexOfProcess[program.processes[member.process].displayName]
  }

  func unit(of instance: Int) -> Unit? { members[instance].unit.map { configuration.units[$0] } }

  /// The instances of a unit, or of the programs of a group, that `depends_on` or `after` names.
  func unitsNamed(_ name: String) -> [Int] {
    if let unit = configuration.units.firstIndex(where: { $0.name == name }) { return [unit] }
    let group = configuration.groups.first { $0.name == name }
    return group?.programs.compactMap { program in
      configuration.units.firstIndex { $0.name == program }
    } ?? []
  }

  /// What a name in a request means: one process, several ones, or nothing.
  enum Target: Equatable {
    case process(Int)
    case group([Int])
    case unknown(isGroup: Bool)
  }

  func target(_ name: String) -> Target {
    if name == "all" { return .group(groups.flatMap(\.members)) }
    let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, parts[1] == "*" || parts[1].isEmpty else {
      let display = parts.count > 1 && parts[0] == parts[1] ? parts[0] : name
      return indexOfProcess[display].map { .process($0) } ?? .unknown(isGroup: false)
    }
    guard let group = groups.first(where: { $0.name == parts[0] }) else {
      return .unknown(isGroup: true)
    }
    return .group(group.members)
  }

  /// The processes that the names mean, without those that mean nothing.
  func processes(_ names: [String]) -> [Int] {
    names.flatMap { name -> [Int] in
      switch target(name) {
      case .process(let index): [index]
      case .group(let members): members
      case .unknown: []
      }
    }
  }

  /// The instances of the cron of that name.
  func cron(_ name: String) -> [Int] {
    guard let unit = configuration.units.firstIndex(where: { $0.isCron && $0.name == name }) else {
      return []
    }
    return instances[unit]
  }
}
