internal import EventsProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Groups that come and go at somebody's wish: supervisord's addProcessGroup and
/// removeProcessGroup.
extension Kernel {
  /// From the configuration as it was last read; its programs are started as at the beginning.
  mutating func add(group name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    guard !fleet.plan.groups.contains(where: { $0.name == name }) else {
      return AnswerRenderer.fault("ALREADY_ADDED", name)
    }
    guard fleet.plan.foreground == nil,
      let whole = configuration.adding(group: name, from: available)
    else { return AnswerRenderer.fault("BAD_NAME", name) }
    change(to: whole, .groupAdded(name))
    let added = fleet.plan.groups.first { $0.name == name }
    makeAutomaticLogs(added?.members ?? [])
    return AnswerRenderer.accepted
  }

  /// Only a group that is down.
  mutating func remove(group name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    guard let group = fleet.plan.groups.first(where: { $0.name == name }) else {
      return AnswerRenderer.fault("BAD_NAME", name)
    }
    guard fleet.isDown(group) else { return AnswerRenderer.fault("STILL_RUNNING", name) }
    change(to: configuration.removing(group: name), .groupRemoved(name))
    for id in group.members { forget(id) }
    tellEvents(.removePool(name: name))
    sharedSockets.close(name)
    return AnswerRenderer.accepted
  }

  mutating func change(to whole: Configuration, _ happening: Happening) {
    let plan = Plan(whole, over: fleet.plan)
    let renewed = fleet.plan.filled(by: plan)
    for id in renewed { forget(id) }
    configuration = whole
    if case .groupAdded(let name) = happening { openPool(named: name) }
    narrator.plan = plan
    journalRenderer.plan = plan
    publish(Record(at: Kernel.now, instance: nil, happening: happening))
    adopt(plan, renewed)
    watchWallClockForCrons()
  }

  /// Before its group is announced, for it hears of that itself.
  private mutating func openPool(named name: String) {
    startIfNeeded(.events)
    if let unit = configuration.units.first(where: { $0.name == name }) { openPool(unit) }
  }

  /// How it is started, and where it writes, is found out anew.
  mutating func forget(_ id: InstanceID) {
    launches[id] = nil
    for stream in output.forget(id) { closeStream(stream) }
  }
}
