internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What `status` shows of each instance, as JSON lines.
struct StatusRenderer {
  let configuration: Configuration
  let now: Instant
  let wall: WallTime

  func line(_ id: InstanceID, _ fleet: Fleet, into json: inout JSONWriter) {
    let member = fleet.plan.members[id.index]
    let node = fleet.plan.node(of: id)
    let snapshot = fleet.snapshot(of: id)
    json.beginObject()
    json.field("unit", node.name)
    json.field("group", member.group)
    json.field("name", member.displayName)
    json.field("kind", kind(node.unit))
    json.field("instance", member.number)
    json.field("state", state(snapshot, node.rules))
    json.field("pid", snapshot.pid.map { Int($0) } ?? 0)
    json.field("ready", snapshot.isReady)
    if let isHealthy = snapshot.isHealthy { json.field("healthy", isHealthy) }
    json.field("description", description(id, fleet))
    describe(snapshot.announced, &json)
    json.field("restarts", snapshot.restarts)
    json.field("exit", snapshot.lastExit.map { Int($0.shellCode) })
    if snapshot.lastExit == .outOfMemory { json.field("oom_killed", true) }
    json.field("summary", node.unit.map { configuration.units[$0].summary } ?? "")
    if let cron = snapshot.cron { describe(cron, node.unit, &json) }
    json.endObject()
    json.newline()
  }

  /// What the process that runs, or the last one, has told by sd_notify(3).
  private func describe(_ announced: Announced, _ json: inout JSONWriter) {
    if let status = announced.status { json.field("status_text", status) }
    if let errno = announced.errno { json.field("errno", Int(errno)) }
    if announced.isReloading { json.field("reloading", true) }
  }

  func kind(_ unit: Int?) -> String {
    guard let unit else { return "barrier" }
    return switch configuration.units[unit].work {
    case .wait: "wait"
    case .directory: "directory"
    case .template: "template"
    case .hook: "hook"
    case .cron: "cron"
    case .program(let program): program.kind.word
    }
  }

  /// supervisord's word for a program; for a step its own.
  private func state(_ snapshot: Snapshot, _ rules: Rules) -> String {
    guard case .program = rules else {
      guard snapshot.waitsFor == nil else { return "waiting" }
      return snapshot.cron.map { $0.state(snapshot.state) } ?? snapshot.state.rawValue
    }
    return snapshot.state.rawValue.uppercased()
  }

  func description(_ id: InstanceID, _ fleet: Fleet) -> String {
    let snapshot = fleet.snapshot(of: id)
    let rules = fleet.plan.node(of: id).rules
    if let waitsFor = snapshot.waitsFor {
      let names = waitsFor.prefix(3).map { fleet.plan.nodes[$0.index].name }
      return names.isEmpty ? "starting" : "waiting for \(names.joined(separator: ", "))"
    }
    if let cron = snapshot.cron {
      guard fleet.startedAt != nil else { return "runs once everything has started" }
      return text(cron, snapshot, fleet.plan.node(of: id).unit)
    }
    guard case .program = rules else { return snapshot.lastWords ?? exitText(snapshot) }
    switch snapshot.state {
    case .running:
      let ailment = snapshot.isHealthy == false ? ", unhealthy: \(snapshot.healthWords ?? "")" : ""
      return "pid \(snapshot.pid ?? 0), uptime \(uptime(snapshot.startedAt))\(ailment)"
    case .fatal, .backoff:
      return (snapshot.spawnError ?? "unknown error (try \"tail\")") + memoryText(snapshot)
    case .stopped, .exited: return stopTime(snapshot) + memoryText(snapshot)
    case .waiting, .starting, .ready, .stopping, .unknown, .retrying, .passed, .succeeded, .failed:
      return ""
    }
  }

  /// supervisord has no words for this.
  private func memoryText(_ snapshot: Snapshot) -> String {
    snapshot.lastExit == .outOfMemory ? "; killed by the kernel: out of memory" : ""
  }

  private func exitText(_ snapshot: Snapshot) -> String { snapshot.lastExit?.text ?? "" }

  /// As Python prints a timedelta: `0:01:09`, `1 day, 2:03:04`.
  private func uptime(_ since: Instant?) -> String {
    let seconds = since.map { now.elapsed(since: $0).wholeNanoseconds / 1_000_000_000 } ?? 0
    let days = seconds / 86_400
    let clock =
      "\(seconds % 86_400 / 3600):\(twoDigits(Int(seconds % 3600 / 60))):"
      + twoDigits(Int(seconds % 60))
    return days == 0 ? clock : "\(days) day\(days == 1 ? "" : "s"), \(clock)"
  }

  /// `Nov 21 01:21 AM`, or `Not started`.
  private func stopTime(_ snapshot: Snapshot) -> String {
    guard snapshot.startedAt != nil else { return "Not started" }
    // supervisord's stop time of what never ran is the beginning of 1970.
    let date = WallTime(seconds: stopSecond(snapshot.stoppedAt), nanoseconds: 0).local
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let hour = date.hour % 12 == 0 ? 12 : date.hour % 12
    let month = months[max(0, min(11, date.month - 1))]
    return "\(month) \(twoDigits(date.day)) \(twoDigits(hour)):\(twoDigits(date.minute)) "
      + (date.hour < 12 ? "AM" : "PM")
  }
}

extension StatusRenderer {
  private func stopSecond(_ instant: Instant?) -> Int64 {
    guard let instant else { return 0 }
    return wall.seconds - Int64(now.elapsed(since: instant).wholeNanoseconds / 1_000_000_000)
  }
}

extension Program.Kind {
  var isListener: Bool {
    guard case .eventListener = self else { return false }
    return true
  }
}

extension Program.Kind {
  fileprivate var word: String {
    switch self {
    case .plain: "program"
    case .fastCGI: "fcgi-program"
    case .eventListener: "eventlistener"
    }
  }
}
