internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What supervisord's getProcessInfo tells of a process, under its names.
struct InformationRenderer {
  let fleet: Fleet
  let output: OutputTable
  let status: StatusRenderer

  func line(_ id: InstanceID, into json: inout JSONWriter) {
    let member = fleet.plan.members[id.index]
    let snapshot = fleet.snapshot(of: id)
    json.beginObject()
    json.field("name", member.processName)
    json.field("group", member.group)
    json.field("start", epoch(snapshot.startedAt))
    json.field("stop", epoch(snapshot.stoppedAt))
    json.field("now", Int(status.wall.seconds))
    json.field("state", snapshot.state.code)
    json.field("statename", snapshot.state.rawValue.uppercased())
    json.field("spawnerr", spawnError(snapshot, id))
    json.field("exitstatus", exitStatus(snapshot))
    let paths = paths(of: id)
    json.field("logfile", paths.stdout)
    json.field("stdout_logfile", paths.stdout)
    json.field("stderr_logfile", paths.stderr)
    json.field("pid", Int(snapshot.pid ?? 0))
    json.field("description", status.description(id, fleet))
    json.endObject()
    json.newline()
  }

  /// Empty for none, and for a stderr that goes wherever stdout goes.
  private func paths(of id: InstanceID) -> (stdout: String, stderr: String) {
    let member = fleet.plan.members[id.index]
    guard let unit = fleet.plan.node(of: id).unit,
      case .program(let program) = status.configuration.units[unit].work
    else { return ("", "") }
    let wanted = program.processes[member.number].execution.output
    let stdout = told(wanted.stdout, output.path(wanted, member.displayName, isError: false))
    guard !wanted.redirectStderr else { return (stdout, "") }
    let stderr = output.path(wanted, member.displayName, isError: true)
    return (stdout, told(wanted.stderr, stderr))
  }

  private func told(_ stream: StreamOutput, _ path: String?) -> String {
    if let path { return stream.told(path) }
    guard case .descriptor = stream.targets.first else { return "" }
    return stream.written ?? ""
  }

  /// Whole seconds since 1970; 0: never.
  private func epoch(_ instant: Instant?) -> Int {
    guard let instant else { return 0 }
    let ago = Int64(clamping: status.now.elapsed(since: instant).wholeNanoseconds)
    let wall = status.wall.seconds * 1_000_000_000 + Int64(status.wall.nanoseconds)
    return Int((wall - ago) / 1_000_000_000)
  }

  private func spawnError(_ snapshot: Snapshot, _ id: InstanceID) -> String {
    if let error = snapshot.spawnError { return error }
    guard snapshot.state == .exited, let exit = snapshot.reportedExit,
      case .program(let rules) = fleet.plan.node(of: id).rules
    else { return "" }
    let isExpected = exit.ownCode.map(rules.restart.exitCodes.contains) ?? false
    return isExpected ? "" : "Bad exit code \(exit.ownCode ?? -1)"
  }

  private func exitStatus(_ snapshot: Snapshot) -> Int {
    snapshot.reportedExit.map { Int($0.ownCode ?? -1) } ?? 0
  }
}

extension StateName {
  /// supervisord's numbers (`supervisor.states`).
  fileprivate var code: Int {
    switch self {
    case .stopped, .waiting: 0
    case .starting: 10
    case .running, .ready: 20
    case .backoff, .retrying: 30
    case .stopping: 40
    case .exited, .passed, .succeeded: 100
    case .fatal, .failed: 200
    case .unknown: 1000
    }
  }
}
