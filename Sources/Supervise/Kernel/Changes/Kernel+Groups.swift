internal import EventsProtocol
internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Groups that come and go at somebody's wish: supervisord's addProcessGroup and
/// removeProcessGroup.
extension Kernel {
  /// From the configuration as it was last read; its programs are started as at the beginning.
  ///
  /// What it depends on and is not here comes with it. Whoever works through the differences one by
  /// one will ask for that too, and hears that it is done.
  mutating func add(group name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    guard !fleet.plan.groups.contains(where: { $0.name == name }) else {
      let cameAlong = companions.remove(name) != nil
      return cameAlong ? AnswerRenderer.accepted : AnswerRenderer.fault("ALREADY_ADDED", name)
    }
    guard fleet.plan.foreground == nil, available.groupNames.contains(name) else {
      return AnswerRenderer.fault("BAD_NAME", name)
    }
    guard let addition = configuration.adding(group: name, from: available, moment) else {
      return AnswerRenderer.fault("STILL_RUNNING", name)
    }
    take(addition)
    companions.remove(name)
    return AnswerRenderer.accepted
  }

  /// As the configuration is changed now.
  var moment: Configuration.Moment {
    .init(busy: fleet.busyNames, isStart: fleet.isStarting)
  }

  mutating func take(_ addition: Configuration.Addition, _ happenings: [Happening] = []) {
    let groups = addition.groups.map(Happening.groupAdded)
    change(to: addition.whole, groups + happenings, addition.steps)
    companions.formUnion(addition.groups)
    for group in fleet.plan.groups where addition.groups.contains(group.name) {
      makeAutomaticLogs(group.members)
    }
  }

  /// Only a group that is down.
  mutating func remove(group name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    guard fleet.plan.foreground == nil,
      let group = fleet.plan.groups.first(where: { $0.name == name })
    else { return AnswerRenderer.fault("BAD_NAME", name) }
    guard fleet.isDown(group) else { return AnswerRenderer.fault("STILL_RUNNING", name) }
    let sections = Set(group.members.map { fleet.plan.node(of: $0).name })
    companions.remove(name)
    change(to: configuration.removing(group: name), [.groupRemoved(name)])
    tellEvents(.removePool(name: name))
    for section in sections { closeSharedSocket(section) }
    return AnswerRenderer.accepted
  }

  /// Takes up a changed configuration. What is gone, or done anew, is forgotten: how it is started,
  /// and where it writes, is found out anew.
  mutating func change(
    to whole: Configuration, _ happenings: [Happening], _ steps: Configuration.StepChange? = nil
  ) {
    let plan = Plan(whole, over: fleet.plan)
    let filled = fleet.plan.filled(by: plan)
    let begun = plan.instances(ofUnits: steps?.begun ?? []).filter { !filled.contains($0) }
    let vacated = fleet.plan.vacated(by: plan)
    // Only earlier checks. The present check of a unit is cancelled with the unit, and ends its
    // command itself.
    let leaving = Set(begun + vacated)
    killCancelledProbes { owner in
      if case .probe(let id, _) = owner { leaving.contains(id) } else { false }
    }
    for id in filled + begun { forget(id) }
    configuration = whole
    FaultHandler.setGrace(whole.grace)
    for case .groupAdded(let name) in happenings { openPool(named: name) }
    narrator.plan = plan
    journalRenderer.plan = plan
    let news = (steps.flatMap(Happening.init).map { [$0] } ?? []) + happenings
    for happening in news {
      publish(Record(at: Kernel.now, instance: nil, happening: happening))
    }
    if plan.hasCrons { beginWallClock() }
    adopt(plan, filled + begun)
    for id in vacated { forget(id) }
  }

  /// Before its group is announced, for it hears of that itself.
  private mutating func openPool(named name: String) {
    startIfNeeded(.events)
    if let unit = configuration.units.first(where: { $0.name == name }) { openPool(unit) }
  }

  private mutating func forget(_ id: InstanceID) {
    launches[id] = nil
    announcements.forget(id)
    children.survivors.forget(id)
    for stream in output.forget(id) { closeStream(stream) }
  }
}

extension Happening {
  /// nil: nothing has changed.
  fileprivate init?(_ steps: Configuration.StepChange) {
    guard !steps.begun.isEmpty || !steps.removed.isEmpty else { return nil }
    self = .stepsChanged(begun: steps.begun, removed: steps.removed)
  }
}
