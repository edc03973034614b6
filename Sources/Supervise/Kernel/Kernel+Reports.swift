internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What the control socket tells at once.
extension Kernel {
  var statusRenderer: StatusRenderer {
    StatusRenderer(configuration: configuration, now: Kernel.now, wall: .now())
  }

  func status() -> [UInt8] {
    var json = JSONWriter()
    let renderer = statusRenderer
    for id in fleet.plan.inReadingOrder { renderer.line(id, fleet, into: &json) }
    return json.bytes
  }

  func pids(_ names: [String]) -> [UInt8] {
    var json = JSONWriter()
    if names.isEmpty { pid("supervisor", ThisProcess.identifier, &json) }
    for name in names {
      switch fleet.plan.target(named: name) {
      case .unknown(let isGroup): fault(name, .badName, isGroup, &json)
      case .instance(let id): pid(name, fleet.snapshot(of: id).pid ?? 0, &json)
      case .group(let members):
        for id in members {
          pid(fleet.plan.members[id.index].displayName, fleet.snapshot(of: id).pid ?? 0, &json)
        }
      }
    }
    return json.bytes
  }

  private func pid(_ name: String, _ pid: Int32, _ json: inout JSONWriter) {
    json.beginObject()
    json.field("name", name)
    json.field("pid", Int(pid))
    json.endObject()
    json.newline()
  }

  func fault(
    _ name: String, _ fault: Fault, _ isGroup: Bool, _ json: inout JSONWriter
  ) {
    json.beginObject()
    json.field("name", name)
    json.field("fault", fault.name)
    if isGroup { json.field("group", true) }
    json.endObject()
    json.newline()
  }

  func logPath(_ name: String, _ isError: Bool) -> [UInt8] {
    var json = JSONWriter()
    guard case .instance(let id) = fleet.plan.target(named: name) else {
      fault(name, .badName, false, &json)
      return json.bytes
    }
    guard let path = logPath(id, isError: isError) else {
      fault(name, .noFile, false, &json)
      return json.bytes
    }
    json.beginObject()
    json.field("path", path)
    json.endObject()
    json.newline()
    return json.bytes
  }

  func logPath(_ id: InstanceID, isError: Bool) -> String? {
    guard let wanted = wantedOutput(of: id) else { return nil }
    return output.path(wanted, fleet.plan.members[id.index].displayName, isError: isError)
  }

  func wantedOutput(of id: InstanceID) -> Output? { execution(of: id)?.output }

  /// nil for a step that is ours.
  func execution(of id: InstanceID) -> Execution? {
    guard let unit = fleet.plan.node(of: id).unit else { return nil }
    switch configuration.units[unit].work {
    case .program(let program):
      return program.processes[fleet.plan.members[id.index].number].execution
    case .hook(let hook): return hook.execution
    case .cron(let cron): return cron.execution
    case .wait, .directory, .template: return nil
    }
  }

  func retainedJournal() -> [UInt8] {
    var bytes = JournalRenderer.header(journal.wallTime)
    for record in journal.records { bytes += journalRenderer.line(record) }
    return bytes
  }
}

extension Plan {
  /// supervisord's order of getAllProcessInfo: by group, then by name; steps after the programs.
  fileprivate var inReadingOrder: [InstanceID] {
    let steps = members.indices.filter { index in
      // A cron is one, whatever of it runs at one time.
      guard !members[index].isVacant, members[index].isProgram || members[index].number == 0
      else { return false }
      guard case .program = nodes[members[index].node.index].rules else { return true }
      return false
    }
    return programsInReadingOrder + steps.map(InstanceID.init)
  }

  var programsInReadingOrder: [InstanceID] {
    groups.flatMap(\.members).sorted { left, right in
      (members[left.index].group, members[left.index].displayName)
        < (members[right.index].group, members[right.index].displayName)
    }
  }
}
