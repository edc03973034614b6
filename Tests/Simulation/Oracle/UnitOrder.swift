import ProgramSpec

/// The documented order of units: `depends_on` and `after`, and without them waits, directories and
/// templates, start hooks one after the other, programs. All numbers are indices of units.
struct UnitOrder {
  /// Must be satisfied before.
  private(set) var requires: [[Int]]
  /// Must be satisfied before, unless they do not come.
  private(set) var follows: [[Int]]
  /// All units that are ordered behind a unit, at several removes too.
  private(set) var dependents: [Set<Int>] = []

  init(_ cast: Cast) {
    let units = cast.configuration.units
    requires = units.map { ($0.dependsOn ?? []).flatMap(cast.unitsNamed) }
    follows = units.map { ($0.after ?? []).flatMap(cast.unitsNamed) }
    let stages = UnitOrder.effectiveStages(units, requires, follows)
    for (index, unit) in units.enumerated() where unit.dependsOn == nil && unit.after == nil {
      guard let stage = UnitOrder.stage(unit), stage > 0 else { continue }
      requires[index] += units.indices.filter { other in
        units[other].isStep && units[other].generation <= unit.generation
          && stages[other].map { $0 < stage } ?? false
      }
      if stage == 2, let before = UnitOrder.hook(before: index, units) {
        requires[index].append(before)
      }
    }
    dependents = units.indices.map(closure)
  }

  /// Every unit that comes after this one, directly or not.
  private func closure(of unit: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = [unit]
    while let next = open.popLast() {
      for other in requires.indices
      where requires[other].contains(next) || follows[other].contains(next) {
        if found.insert(other).inserted { open.append(other) }
      }
    }
    return found
  }

  /// nil: no part of the start.
  private static func stage(_ unit: Unit) -> Int? {
    switch unit.work {
    case .wait: 0
    case .directory, .template: 1
    case .hook(let hook): hook.stage == .start ? 2 : nil
    case .program, .cron: 3
    }
  }

  /// A step that depends on a later stage is no part of its own one: nothing could start otherwise.
  private static func effectiveStages(
    _ units: [Unit], _ requires: [[Int]], _ follows: [[Int]]
  ) -> [Int?] {
    var stages = units.map(stage)
    for _ in units {
      for index in units.indices {
        guard let own = stages[index] else { continue }
        stages[index] = (requires[index] + follows[index]).compactMap { stages[$0] }
          .reduce(own, max)
      }
    }
    return stages
  }

  /// Start hooks without an order of their own run one after the other, as the file has them.
  private static func hook(before index: Int, _ units: [Unit]) -> Int? {
    units.indices.last { other in
      other < index && stage(units[other]) == 2 && units[other].dependsOn == nil
        && units[other].after == nil && units[other].generation <= units[index].generation
    }
  }
}
