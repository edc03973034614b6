internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What the gateway makes metrics of: one line about ourselves, then one for each instance. Times
/// are seconds, points of time seconds since 1970.
extension Kernel {
  func describeOurselves(_ json: inout JSONWriter) {
    json.beginObject()
    json.field("version", version)
    json.field("healthy", isUpAndHealthy)
    json.field("ready", fleet.isReady)
    json.field("phase", phaseName)
    time("began", journal.beganAt, &json)
    if let startedAt = fleet.startedAt {
      seconds("start", startedAt.elapsed(since: journal.beganAt).wholeNanoseconds, &json)
    }
    json.field("events_lost", Int(clamping: ledger.eventsLost))
    json.key("roles")
    json.beginArray()
    role("init", ThisProcess.identifier, 0, &json)
    for kind in HelperKind.allCases {
      let ended = ledger[role: kind.word].processorTime
      guard let pid = helpers[kind].link.pid ?? (ended > 0 ? 0 : nil) else { continue }
      role(kind.word, pid, ended, &json)
    }
    json.endArray()
    json.endObject()
    json.newline()
  }

  /// `pid` is zero for one that does not run now.
  private func role(
    _ name: String, _ pid: Int32, _ processorTime: UInt64, _ json: inout JSONWriter
  ) {
    json.beginObject()
    json.field("role", name)
    json.field("pid", Int(pid))
    seconds("cpu", processorTime, &json)
    json.endObject()
  }

  func describe(_ id: InstanceID, _ json: inout JSONWriter) {
    let member = fleet.plan.members[id.index]
    let snapshot = fleet.snapshot(of: id)
    let entry = ledger[member.displayName]
    let node = fleet.plan.node(of: id)
    let status = statusRenderer
    json.beginObject()
    json.field("unit", node.name)
    json.field("group", member.group)
    json.field("name", member.displayName)
    json.field("kind", status.kind(node.unit))
    json.field("state", (snapshot.waitsFor == nil ? snapshot.state : .waiting).rawValue)
    json.field("pid", Int(snapshot.pid ?? 0))
    json.field("ready", snapshot.isReady)
    if let isHealthy = snapshot.isHealthy { json.field("healthy", isHealthy) }
    if let exit = snapshot.lastExit { json.field("exit", Int(exit.shellCode)) }
    times(snapshot, &json)
    seconds("cpu", entry.processorTime, &json)
    restarts(snapshot, entry, &json)
    probes(entry, &json)
    logs(id, entry, &json)
    if let cron = snapshot.cron { describe(cron, entry, &json) }
    json.endObject()
    json.newline()
  }

  private func times(_ snapshot: Snapshot, _ json: inout JSONWriter) {
    guard let startedAt = snapshot.startedAt else { return }
    time("started", startedAt, &json)
    guard let readyAt = snapshot.readyAt else { return }
    time("ready_at", readyAt, &json)
    seconds("ready_after", readyAt.elapsed(since: startedAt).wholeNanoseconds, &json)
  }

  private func restarts(
    _ snapshot: Snapshot, _ entry: Ledger.Entry, _ json: inout JSONWriter
  ) {
    guard let counts = snapshot.restartCounts else { return }
    json.key("restarts")
    json.beginObject()
    for cause in RestartCause.allCases {
      json.field(cause.rawValue, counts[cause] &+ entry.restarts[cause])
    }
    json.endObject()
  }

  private func probes(_ entry: Ledger.Entry, _ json: inout JSONWriter) {
    json.key("probes")
    json.beginArray()
    for purpose in [ProbePurpose.wait, .readiness, .health] {
      guard let tally = entry.probes[purpose] else { continue }
      json.beginObject()
      json.field("probe", purpose.word)
      json.field("passed", tally.passed)
      json.field("failed", tally.failed)
      seconds("seconds", tally.nanoseconds, &json)
      seconds("last_seconds", tally.lastNanoseconds, &json)
      json.field("last_passed", tally.hasLastPassed)
      json.endObject()
    }
    json.endArray()
  }

  private func logs(_ id: InstanceID, _ entry: Ledger.Entry, _ json: inout JSONWriter) {
    var counts = entry.logs
    for number in output.numbers(of: id) {
      let stream = output.streams[Int(number)]
      counts[stream.channel, default: LogCount()].add(stream.count)
    }
    json.key("logs")
    json.beginArray()
    for channel in ["stdout", "stderr"] {
      guard let count = counts[channel] else { continue }
      json.beginObject()
      json.field("stream", channel)
      json.field("bytes", Int(clamping: count.read.total))
      json.field("dropped", Int(clamping: count.dropped.total))
      json.endObject()
    }
    json.endArray()
  }

  private func describe(
    _ cron: CronSnapshot, _ entry: Ledger.Entry, _ json: inout JSONWriter
  ) {
    json.key("cron")
    json.beginObject()
    json.field("runs", cron.runs + entry.runs)
    json.field("skipped", cron.skips + entry.skips)
    json.field("succeeded", cron.results.succeeded + entry.results.succeeded)
    json.field("failed", cron.results.failed + entry.results.failed)
    json.field("stopped", cron.results.stopped + entry.results.stopped)
    if let result = cron.lastResult { json.field("last_result", result.rawValue) }
    if let endedAt = cron.endedAt { time("last_end", endedAt, &json) }
    if let next = cron.next { json.field("next", Int(next)) }
    json.endObject()
  }

  private func time(_ name: String, _ instant: Instant, _ json: inout JSONWriter) {
    seconds(name, epoch.nanoseconds(instant), &json)
  }

  private func seconds(_ name: String, _ nanoseconds: UInt64, _ json: inout JSONWriter) {
    json.key(name)
    json.seconds(nanoseconds: nanoseconds)
  }
}

extension ProbePurpose {
  /// The key it is asked for.
  fileprivate var word: String {
    switch self {
    case .wait: "wait"
    case .readiness: "ready"
    case .health: "health"
    }
  }
}
