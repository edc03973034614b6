internal import MeterProtocol
internal import ProgramSpec
internal import SuperviseCore

/// `memory_limit`: the meter looks, and says who has outgrown it.
extension Kernel {
  var hasMeasured: Bool {
    fleet.plan.members.indices.contains { memoryLimit(InstanceID($0)) != nil }
  }

  private func memoryLimit(_ id: InstanceID) -> UInt64? {
    guard case .program(let rules) = fleet.plan.node(of: id).rules else { return nil }
    return rules.memoryLimit
  }

  mutating func introduceMeter() {
    for index in fleet.plan.members.indices { measureAnew(InstanceID(index)) }
  }

  mutating func measure(_ id: InstanceID) {
    guard memoryLimit(id) != nil else { return }
    startIfNeeded(.meter)
    measureAnew(id)
  }

  private mutating func measureAnew(_ id: InstanceID) {
    guard let limit = memoryLimit(id), let pid = children.pid(of: id) else { return }
    tell(.meter, MeterMessage.watch(instance: UInt32(id.index), pid: pid, limit: limit).encoded)
  }

  mutating func stopMeasuring(_ id: InstanceID) {
    guard memoryLimit(id) != nil else { return }
    tell(.meter, MeterMessage.forget(instance: UInt32(id.index)).encoded)
  }

  /// What was said of a process that has ended meanwhile is about nobody.
  mutating func heard(_ message: MeterMessage) {
    if message == .seesNoOthers { return reportHiddenProcesses() }
    guard case .outgrew(let instance, let pid, let bytes) = message,
      case .instance(let id) = children[pid], id.index == Int(instance)
    else { return }
    deliver(.outgrew(id, bytes: bytes))
  }

  /// By the meter or the notify role, each time that one is started.
  mutating func reportHiddenProcesses() {
    guard !helpers.haveReportedHiddenProcesses else { return }
    helpers.haveReportedHiddenProcesses = true
    narrator.say(
      .warning,
      "/proc hides the processes of other users from the roles (hidepid), or is not mounted: "
        + "memory_limit has no effect, and MAINPID= is refused; mount /proc without hidepid, or, "
        + "outside user namespaces, with hidepid=2,gid=N for a group N that no program has")
  }
}
