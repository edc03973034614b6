internal import ControlProtocol
internal import Linux

/// What is told of the supervisor itself and of its roles.
struct SupervisorMetrics {
  let line: JSONValue

  func add(
    to exposition: inout Exposition, _ usage: UsageMemory, _ processes: [ProcessUsage]
  ) {
    let version = Exposition.Label(name: "version", value: line["version"]?.text ?? "")
    exposition.add(
      "build_info", .gauge, "The version of entrypoint, as a label.",
      [.init(labels: [version], value: 1)])
    add("healthy", .gauge, "Whether healthcheck would succeed.", line["healthy"], &exposition)
    add(
      "ready", .gauge, "Whether the start is complete and no shutdown has begun.",
      line["ready"], &exposition)
    add(
      "shutting_down", .gauge, "Whether a shutdown has begun.",
      .bool(line["phase"]?.text == "shutting down"), &exposition)
    add(
      "start_time_seconds", .gauge, "When the supervisor began, in seconds since 1970.",
      line["began"], &exposition)
    add(
      "start_duration_seconds", .gauge, "How long it took until the start was complete.",
      line["start"], &exposition)
    add(
      "events_lost_total", .counter, "Events that listeners have not been told in time.",
      line["events_lost"], &exposition)
    addRoles(to: &exposition, usage, processes)
  }

  private func add(
    _ name: String, _ kind: Exposition.Kind, _ help: String, _ value: JSONValue?,
    _ exposition: inout Exposition
  ) {
    guard let number = value?.number else { return }
    exposition.add(name, kind, help, [.init(labels: [], value: number)])
  }

  /// Each is one process. Those of the container that have no role are in no group of ours.
  private func addRoles(
    to exposition: inout Exposition, _ usage: UsageMemory, _ processes: [ProcessUsage]
  ) {
    var memory: [Exposition.Sample] = []
    var processor: [Exposition.Sample] = []
    for role in line["roles"]?.elements ?? [] {
      let name = role["role"]?.text ?? ""
      let labels = [Exposition.Label(name: "role", value: name)]
      let pid = role["pid"]?.integer ?? 0
      let process = processes.first { Int($0.pid) == pid }
      if let process {
        memory.append(.init(labels: labels, value: Double(process.residentBytes)))
      }
      let seconds = (role["cpu"]?.number ?? 0) + Double(process?.processorTime ?? 0) / 1e9
      let told = usage.processorSeconds(" \(name)", seconds)
      processor.append(.init(labels: labels, value: told))
    }
    exposition.add(
      "role_resident_memory_bytes", .gauge, "Memory of PID 1 and of each role.", memory)
    exposition.add(
      "role_cpu_seconds_total", .counter, "Processor time of PID 1 and of each role.", processor)
  }
}
