/// Waits, directories, templates and hooks that come, go or change while everything runs.
extension Configuration {
  /// What has to be known of what runs.
  package struct Moment {
    /// Names of the steps and crons that cannot be touched before they have ended.
    package var busy: Set<String>
    /// The start is under way.
    package var isStart: Bool

    package init(busy: Set<String> = [], isStart: Bool = false) {
      self.busy = busy
      self.isStart = isStart
    }
  }

  /// A configuration with other steps, and which of them are to be done now.
  package struct StepChange {
    package var whole: Configuration
    package var begun: [String] = []
    package var removed: [String] = []
  }

  /// With the steps of `other`: those that are new or differ are done anew, those that are gone go.
  /// Busy ones stay as they are, and so does what has the name of a program or a cron.
  ///
  /// What is there already does not wait for them: it has done without, and were one to fail, a
  /// restart by hand would take a service down that runs. While everything still starts, though, it
  /// is as if they had stood there from the beginning. Whoever names one in `depends_on` waits.
  func adoptingSteps(of other: Configuration, _ now: Moment = Moment()) -> StepChange {
    let wanted = other.units.filter(\.isStep)
    let present = units.filter(\.isStep)
    let kept = present.filter { step in
      now.busy.contains(step.name) || wanted.contains { $0.essence == step.essence }
    }.map(\.name)
    let next = (units.map(\.generation).max() ?? 0) + 1
    var change = StepChange(whole: self)
    change.whole.units.removeAll { $0.isStep && !kept.contains($0.name) }
    for var step in wanted where !change.whole.has(unit: step.name) {
      step.generation = now.isStart ? 0 : next
      step.isLate = !now.isStart
      change.begun.append(step.name)
      change.whole.units.append(step)
    }
    change.removed = present.map(\.name).filter { !change.whole.has(unit: $0) }
    change.whole.sortUnits(as: other)
    return change
  }

  func has(unit name: String) -> Bool { units.contains { $0.name == name } }

  /// The default order is that of the file.
  mutating func sortUnits(as other: Configuration) {
    var places: [String: Int] = [:]
    for (index, unit) in other.units.enumerated() { places[unit.name] = index }
    let ranked = units.enumerated().sorted { left, right in
      (places[left.element.name] ?? Int.max, left.offset)
        < (places[right.element.name] ?? Int.max, right.offset)
    }
    units = ranked.map(\.element)
  }
}

extension Unit {
  /// What makes a difference: wherever in its file it stands, and whenever it came, it is the same.
  package var essence: Unit {
    var unit = self
    unit.location = .nowhere
    unit.generation = 0
    unit.isLate = false
    return unit
  }
}
