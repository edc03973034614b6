/// Turns the names in `depends_on`, `after` and `programs` into references, and finds those that
/// lead nowhere or in a circle.
struct ReferenceResolver {
  private(set) var configuration: Configuration
  private let disabled: Set<String>
  private var indices: [String: Int] = [:]

  init(_ configuration: Configuration, disabled: Set<String>) {
    self.configuration = configuration
    self.disabled = disabled
    for (index, unit) in configuration.units.enumerated() { indices[unit.name] = index }
  }

  mutating func resolve(_ document: IniDocument, _ context: inout ReadingContext) {
    checkGroups(&context)
    for section in document.sections { resolve(section, document.defaults, &context) }
    checkStages(&context)
    for cycle in cycles() {
      let names = cycle.map { configuration.units[$0].name }
      context.report(.error, configuration.units[cycle[0]].location, .cycle(names))
    }
  }

  private func checkGroups(_ context: inout ReadingContext) {
    let programs = configuration.units.filter(\.isProgram).map(\.name)
    for group in configuration.groups {
      for name in group.programs where !programs.contains(name) && !disabled.contains(name) {
        let suggestion = nearest(to: name, among: programs)
        context.report(
          .error, group.location,
          .unknownProgramInGroup(name, group: group.name, suggestion: suggestion))
      }
    }
  }

  private mutating func resolve(
    _ section: IniDocument.Section, _ defaults: IniDocument.Section,
    _ context: inout ReadingContext
  ) {
    guard let kind = UnitKind.of(section: section.name) else { return }
    let name = String(section.name.dropFirst(kind.prefix.count + 1)).trimmed
    guard let index = indices[name] else { return }
    // What stands in [DEFAULT] is for the others.
    func names(_ key: String, mustExist: Bool) -> [String]? {
      if let entry = section.entry(key) {
        return references(key, entry, section, mustExist, &context)
      }
      guard let entry = defaults.entry(key) else { return nil }
      return references(key, entry, section, mustExist, &context).filter { $0 != name }
    }
    configuration.units[index].dependsOn = names("depends_on", mustExist: true)
    configuration.units[index].after = names("after", mustExist: false)
  }

  private func references(
    _ key: String, _ entry: IniDocument.Entry, _ section: IniDocument.Section, _ mustExist: Bool,
    _ context: inout ReadingContext
  ) -> [String] {
    guard let text = expand(key, entry, section, &context) else { return [] }
    var found: [String] = []
    for name in Scalar.list(text) {
      if isKnown(name) {
        found.append(name)
      } else if mustExist, !disabled.contains(name) {
        let known = configuration.units.map(\.name) + configuration.groups.map(\.name)
        let problem = Problem.unknownReference(
          name, key: key, section: section.name, suggestion: nearest(to: name, among: known))
        context.report(.error, entry.location, problem)
      }
    }
    return found
  }

  /// As written where it cannot be expanded; nil where it must not be.
  private func expand(
    _ key: String, _ entry: IniDocument.Entry, _ section: IniDocument.Section,
    _ context: inout ReadingContext
  ) -> String? {
    var scope = context.scope
    scope.refusesUntrusted = !context.givesUpRoot
    scope.set("cpus", .number(context.surroundings.processors))
    do { return try Expansion.expand(entry.value, scope) } catch {
      guard case .untrusted(let variable, let file) = error else { return entry.value }
      context.report(
        .error, entry.location,
        .untrustedVariable(variable, file: file, key: key, section: section.name, needsUser: false))
      return nil
    }
  }

  private func isKnown(_ name: String) -> Bool {
    indices[name] != nil || configuration.groups.contains { $0.name == name }
  }

  /// What waits for a hook of a later stage would wait for ever.
  private func checkStages(_ context: inout ReadingContext) {
    for unit in configuration.units where unit.stage == .start {
      for name in unit.dependsOn ?? [] {
        guard let other = indices[name] else { continue }
        let stage = configuration.units[other].stage
        guard stage != .start else { continue }
        context.report(
          .error, unit.location, .neverReached(unit: unit.name, by: name, stage: stage.rawValue))
      }
    }
  }

  private func successors(_ index: Int) -> [Int] {
    let unit = configuration.units[index]
    return ((unit.dependsOn ?? []) + (unit.after ?? [])).flatMap { name -> [Int] in
      if let other = indices[name] { return [other] }
      let group = configuration.groups.first { $0.name == name }
      return group?.programs.compactMap { indices[$0] } ?? []
    }
  }

  /// One cycle for each knot, its first unit repeated at the end; found without recursion, since a
  /// chain may be as long as the file.
  private func cycles() -> [[Int]] {
    var found: [[Int]] = []
    var state = Array(repeating: 0, count: configuration.units.count)
    for start in configuration.units.indices where state[start] == 0 {
      var path: [(unit: Int, rest: [Int])] = [(start, successors(start))]
      state[start] = 1
      while let last = path.last {
        guard let next = last.rest.last else {
          state[last.unit] = 2
          path.removeLast()
          continue
        }
        path[path.count - 1].rest.removeLast()
        if state[next] == 1, let begin = path.firstIndex(where: { $0.unit == next }) {
          found.append(path[begin...].map(\.unit) + [next])
        } else if state[next] == 0 {
          state[next] = 1
          path.append((next, successors(next)))
        }
      }
    }
    return found
  }
}

extension Unit {
  package var isProgram: Bool {
    guard case .program = work else { return false }
    return true
  }

  package var isCron: Bool {
    guard case .cron = work else { return false }
    return true
  }

  /// A wait, a directory, a template or a hook: it is done, not kept up.
  package var isStep: Bool { !isProgram && !isCron }

  fileprivate var stage: Hook.Stage {
    guard case .hook(let hook) = work else { return .start }
    return hook.stage
  }
}
