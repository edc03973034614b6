internal import ControlProtocol
internal import Linux

/// What is told of each instance of a unit: how it is, and what it uses.
struct UnitMetrics {
  let units: [UnitLine]

  func add(to exposition: inout Exposition) {
    exposition.add("unit_info", .gauge, "The kind and the group of a unit, as labels.", infos)
    exposition.add("unit_state", .gauge, "1 for the state it is in, 0 for all others.", states)
    exposition.add(
      "unit_up", .gauge, "Whether it has a process.",
      units.map { .init(labels: $0.labels, value: $0.pid > 0 ? 1 : 0) })
    add("ready", "unit_ready", "Whether it is ready, or, of a step, done.", &exposition)
    add("healthy", "unit_healthy", "What its checks of health have come to.", &exposition)
    add(
      "exit", "unit_last_exit_code",
      "Of its last process that has ended; 128 and the number of a signal that killed it.",
      &exposition)
    add(
      "started", "unit_start_time_seconds", "When it was last started, in seconds since 1970.",
      &exposition)
    add(
      "ready_at", "unit_ready_time_seconds", "When it became ready, in seconds since 1970.",
      &exposition)
    add(
      "ready_after", "unit_start_duration_seconds", "From its last start until it was ready.",
      &exposition)
  }

  private func add(
    _ key: String, _ name: String, _ help: String, _ exposition: inout Exposition
  ) {
    let samples = units.compactMap { unit in
      unit.number(key).map { Exposition.Sample(labels: unit.labels, value: $0) }
    }
    exposition.add(name, .gauge, help, samples)
  }

  private var infos: [Exposition.Sample] {
    units.map { unit in
      let more = ["kind", "group"].map { key in
        Exposition.Label(name: key, value: unit.line[key]?.text ?? "")
      }
      return Exposition.Sample(labels: unit.labels + more, value: 1)
    }
  }

  // MARK: States

  private static let programStates = [
    "stopped", "waiting", "starting", "running", "backoff", "stopping", "exited", "fatal",
    "unknown",
  ]
  private static let stepStates = [
    "stopped", "waiting", "running", "stopping", "retrying", "passed", "succeeded", "failed",
  ]

  private var states: [Exposition.Sample] {
    units.flatMap { unit -> [Exposition.Sample] in
      let states = unit.isProgram ? UnitMetrics.programStates : UnitMetrics.stepStates
      let current = unit.line["state"]?.text
      return states.map { state in
        let label = Exposition.Label(name: "state", value: state)
        return Exposition.Sample(
          labels: unit.labels + [label], value: state == current ? 1 : 0)
      }
    }
  }

  // MARK: Usage

  /// The usage of all processes of each program.
  func addUsage(
    to exposition: inout Exposition, _ usage: UsageMemory, _ processes: [ProcessUsage]
  ) {
    let totals = usage.totals(processes, of: units.map(\.pid).filter { $0 > 0 })
    usage.keepOnly(Set(units.map(\.name)))
    var counts: [Exposition.Sample] = []
    var memory: [Exposition.Sample] = []
    var processor: [Exposition.Sample] = []
    for unit in units {
      let total = totals[unit.pid]
      if let total {
        counts.append(.init(labels: unit.labels, value: Double(total.processes)))
        memory.append(.init(labels: unit.labels, value: Double(total.residentBytes)))
      }
      let seconds = (unit.number("cpu") ?? 0) + Double(total?.processorTime ?? 0) / 1e9
      let told = usage.processorSeconds(unit.name, seconds)
      processor.append(.init(labels: unit.labels, value: told))
    }
    exposition.add("unit_processes", .gauge, "Processes of it.", counts)
    exposition.add(
      "unit_resident_memory_bytes", .gauge,
      "Memory of all its processes; pages that several share are counted for each.", memory)
    exposition.add(
      "unit_cpu_seconds_total", .counter, "Processor time of all its processes so far.", processor)
  }
}
