internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What supervisord's remote interface asks and the command line does not.
extension Kernel {
  func information(_ names: [String]) -> [UInt8] {
    var json = JSONWriter()
    let renderer = InformationRenderer(fleet: fleet, output: output, status: statusRenderer)
    guard !names.isEmpty else {
      for id in fleet.plan.programsInReadingOrder { renderer.line(id, into: &json) }
      return json.bytes
    }
    for name in names {
      switch fleet.plan.target(named: name) {
      case .instance(let id): renderer.line(id, into: &json)
      // In the order of priorities, in which everything is done to them.
      case .group(let members) where name == "all":
        for id in members { renderer.line(id, into: &json) }
      case .group, .unknown: fault(name, .badName, false, &json)
      }
    }
    return json.bytes
  }

  /// Of the configuration as it was last read.
  func configurations() -> [UInt8] {
    var json = JSONWriter()
    let renderer = ConfigurationRenderer(output: output)
    let active = Set(fleet.plan.groups.map(\.name))
    for (group, member) in available.membersByName {
      let unit = available.units[member.unit]
      guard case .program(let program) = unit.work else { continue }
      renderer.line(
        program.processes[member.process], unit, program, groupPriority: group.priority,
        isActive: active.contains(group.name), into: &json)
    }
    return json.bytes
  }

  func state() -> [UInt8] {
    AnswerRenderer.object { json in
      json.field("statecode", fleet.phase == .up || fleet.phase == .idle ? 1 : -1)
      json.field("statename", fleet.phase == .up || fleet.phase == .idle ? "RUNNING" : "SHUTDOWN")
      json.field("pid", Int(ThisProcess.identifier))
      json.field("identifier", configuration.supervisor.identifier)
      json.field("version", Kernel.compatibleVersion)
      json.field("logfile", mainLogPath ?? "")
    }
  }

  /// What cannot be run is known before anything is tried: supervisord answers NO_FILE or
  /// NOT_EXECUTABLE then, and leaves the process as it is.
  func unstartable(_ names: [String]) -> [InstanceID: Fault] {
    var found: [InstanceID: Fault] = [:]
    for name in names {
      switch fleet.plan.target(named: name) {
      case .instance(let id): found[id] = obstacle(to: id)
      case .group(let members): for id in members { found[id] = obstacle(to: id) }
      case .unknown: break
      }
    }
    return found
  }

  func obstacle(to id: InstanceID) -> Fault? {
    switch failure(of: id)?.kind {
    case .noFile: .noFile
    case .notExecutable: .notExecutable
    case .shortage, .other, nil: nil
    }
  }

  private func failure(of id: InstanceID) -> SpawnFailure? {
    guard let unit = fleet.plan.node(of: id).unit,
      case .program(let program) = configuration.units[unit].work
    else { return nil }
    let process = program.processes[fleet.plan.members[id.index].number]
    return recipes.obstacle(to: process.execution)
  }

  /// supervisord says which file it is that cannot be run; we say too what a start waits for.
  func explanation(of answer: Answer) -> String? {
    guard case .fault(let name, let fault, _) = answer,
      [.noFile, .notExecutable, .abnormalTermination].contains(fault),
      case .instance(let id) = fleet.plan.target(named: name)
    else { return nil }
    guard fault == .abnormalTermination else { return failure(of: id)?.text }
    return fleet.isHeldUp(id) ? statusRenderer.description(id, fleet) : nil
  }
}
