internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The journal as JSON lines: the one place that says what a happening is called.
struct JournalRenderer {
  var plan: Plan
  let beganAt: Instant

  /// The first line: times of all others are from here on.
  static func header(_ wall: WallTime) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("wall", wall.rfc3339)
    json.endObject()
    json.newline()
    return json.bytes
  }

  func line(_ record: Record) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("at")
    json.seconds(nanoseconds: record.at.elapsed(since: beganAt).wholeNanoseconds)
    if let instance = record.instance { name(instance, &json) }
    describe(record.happening, &json)
    json.endObject()
    json.newline()
    return json.bytes
  }

  /// In the journal's file: the logger did not read so many records in time.
  func lost(_ count: Int, at now: Instant) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("at")
    json.seconds(nanoseconds: now.elapsed(since: beganAt).wholeNanoseconds)
    json.field("event", "records lost")
    json.field("count", count)
    json.endObject()
    json.newline()
    return json.bytes
  }

  private func name(_ instance: InstanceID, _ json: inout JSONWriter) {
    let member = plan.members[instance.index]
    json.field("unit", plan.nodes[member.node.index].name)
    json.field("instance", member.number)
    json.field("name", member.displayName)
  }

  private func describe(_ happening: Happening, _ json: inout JSONWriter) {
    switch happening {
    case .moved(let from, let to, let pid, let reason):
      json.field("from", from.rawValue)
      json.field("to", to.rawValue)
      if let pid { json.field("pid", Int(pid)) }
      if let reason { describe(reason, &json) }
    case .restartScheduled(let delay, let tries):
      json.field("event", "restart scheduled")
      json.key("delay")
      json.seconds(nanoseconds: delay.wholeNanoseconds)
      json.field("tries", tries)
    case .signalSent(let signal, let target, let pid, _):
      json.field("event", "signal sent")
      json.field("signal", signal.name)
      json.field("to", target.rawValue)
      json.field("pid", Int(pid))
    case .groupAdded, .groupRemoved, .stepsChanged, .scaled: describeChange(happening, &json)
    case .stopAwaited: json.field("event", "stop awaited")
    case .deathsAwaited(let instances):
      json.field("event", "deaths awaited")
      json.field("units", instances.map { plan.members[$0.index].displayName })
    case .processesAbandoned(let processes): describe(processes, &json)
    case .cron(let news): describe(news, &json)
    case .health(let news): describe(news, &json)
    case .announced(let notification): describe(notification, &json)
    case .client(let news): news.describe(&json)
    case .stopCommandFailed, .signalRefused, .probeFailed, .signalReceived, .startCompleted,
      .startStalled,
      .heldUp, .shutdownBegan, .shutdownHurried, .finished:
      describeRest(happening, &json)
    }
  }

  private func describe(_ processes: [AbandonedProcess], _ json: inout JSONWriter) {
    json.field("event", "processes abandoned")
    json.key("processes")
    json.beginArray()
    for process in processes {
      json.beginObject()
      json.field("name", plan.members[process.instance.index].displayName)
      json.field("pid", Int(process.pid ?? 0))
      json.endObject()
    }
    json.endArray()
  }

  private func describe(_ news: CronNews, _ json: inout JSONWriter) {
    switch news {
    case .fired(let scheduled):
      json.field("event", "fired")
      if let scheduled {
        json.field("scheduled", WallTime(seconds: scheduled, nanoseconds: 0).rfc3339)
      }
    case .skipped(let reason):
      json.field("event", "run skipped")
      json.field("reason", reason.text(plan))
    case .added(let name):
      json.field("event", "cron added")
      json.field("cron", name)
    case .removed(let name):
      json.field("event", "cron removed")
      json.field("cron", name)
    }
  }

  private func describe(_ notification: Notification, _ json: inout JSONWriter) {
    json.field("event", notification.event)
    switch notification {
    case .status(let text): json.field("message", text)
    case .failed(let errno): json.field("errno", Int(errno))
    case .mainProcess(let pid): json.field("pid", Int(pid))
    case .ready, .stopping, .reloading, .extendTimeout, .watchdog, .watchdogTriggered,
      .watchdogInterval:
      break
    }
  }

  private func describe(_ news: HealthNews, _ json: inout JSONWriter) {
    switch news {
    case .checkFailed(let failures, let words):
      json.field("event", "health check failed")
      json.field("failures", failures)
      json.field("message", words)
    case .unknown(let words):
      json.field("event", "health unknown")
      json.field("message", words)
    case .becameUnhealthy(let words):
      json.field("event", "unhealthy")
      json.field("message", words)
    case .becameHealthy: json.field("event", "healthy")
    }
  }

  private func describeChange(_ happening: Happening, _ json: inout JSONWriter) {
    switch happening {
    case .groupAdded(let name):
      json.field("event", "group added")
      json.field("group", name)
    case .groupRemoved(let name):
      json.field("event", "group removed")
      json.field("group", name)
    case .stepsChanged(let begun, let removed):
      json.field("event", "steps changed")
      json.field("begun", begun)
      json.field("removed", removed)
    case .scaled(let program, let count):
      json.field("event", "scaled")
      json.field("unit", program)
      json.field("count", count)
    case .moved, .restartScheduled, .signalSent, .stopAwaited, .deathsAwaited, .signalRefused,
      .processesAbandoned, .probeFailed, .health, .client, .stopCommandFailed, .signalReceived,
      .startCompleted, .startStalled, .heldUp,
      .shutdownBegan, .shutdownHurried, .finished, .cron, .announced:
      break
    }
  }

  private func describeRest(_ happening: Happening, _ json: inout JSONWriter) {
    switch happening {
    case .stopCommandFailed(let words):
      json.field("event", "stop command failed")
      json.field("message", words)
    case .signalRefused(let error):
      json.field("event", "signal refused")
      json.field("message", error)
    case .probeFailed(let tries, let words):
      json.field("event", "probe failed")
      json.field("tries", tries)
      json.field("message", words)
    case .signalReceived(let signal):
      json.field("event", "signal received")
      json.field("signal", signal.name)
    case .startStalled: json.field("event", "start stalled")
    case .startCompleted: json.field("event", "start completed")
    case .heldUp(let node):
      json.field("event", "held up")
      json.field("by", plan.nodes[node.index].name)
    case .shutdownBegan(let cause):
      json.field("event", "shutdown")
      json.field("cause", cause.text(plan))
      json.field("code", Int(cause.exitCode))
    case .shutdownHurried: json.field("event", "shutdown hurried")
    case .finished(let code):
      json.field("event", "finished")
      json.field("code", Int(code))
    case .moved, .restartScheduled, .signalSent, .groupAdded, .groupRemoved, .stopAwaited,
      .stepsChanged, .scaled, .deathsAwaited, .cron, .health, .client, .processesAbandoned,
      .announced:
      break
    }
  }

  private func describe(_ reason: Reason, _ json: inout JSONWriter) {
    switch reason {
    case .exit(let status, let expected):
      switch status {
      case .code(let code): json.field("code", Int(code))
      case .signal(let number, let dumped):
        json.field("signal", Signal(number: number).name)
        json.field("core", dumped)
      case .outOfMemory:
        json.field("signal", Signal.kill.name)
        json.field("core", false)
        json.field("oom_killed", true)
      case .survivedKill: json.field("reason", status.text)
      }
      json.field("expected", expected)
    case .asked: json.field("reason", "asked")
    case .spawnFailure, .lastWords, .notReadyInTime, .timedOut, .restartLimit, .unhealthy,
      .memoryLimit, .maximumUptime, .rolling, .watchdog, .watchdogTriggered, .survivedKill:
      json.field("reason", reason.text)
    }
  }
}
