import ProgramSpec
import SuperviseCore

/// A unit in one line: its kind and name, and the keys that matter to the core.
extension Unit {
  var line: String {
    var parts = [header]
    if let dependsOn { parts.append("depends_on=\(dependsOn.joined(separator: ","))") }
    if let after { parts.append("after=\(after.joined(separator: ","))") }
    if priority != 999 { parts.append("priority=\(priority)") }
    switch work {
    case .program(let program): parts += program.parts
    case .hook(let hook): parts += hook.parts
    case .cron(let cron): parts += cron.parts
    case .wait(let wait): parts.append("timeout=\(wait.timeout.seconds)")
    case .directory, .template: break
    }
    return parts.joined(separator: " ")
  }

  private var header: String {
    switch work {
    case .program(let program):
      if case .eventListener = program.kind { return "[eventlistener:\(name)]" }
      return "[program:\(name)]"
    case .hook: return "[hook:\(name)]"
    case .cron: return "[cron:\(name)]"
    case .wait: return "[wait:\(name)]"
    case .directory: return "[directory:\(name)]"
    case .template: return "[template:\(name)]"
    }
  }
}

extension Program {
  fileprivate var parts: [String] {
    var parts: [String] = []
    if processes.count != 1 { parts.append("numprocs=\(processes.count)") }
    if !autostart { parts.append("autostart=false") }
    parts += restart.parts + stop.parts
    switch readiness {
    case .running: break
    case .notify: parts.append("ready=notify")
    case .probe: parts.append("ready=<probe>")
    case .descriptor(let number): parts.append("ready=fd:\(number)")
    case .log(let text): parts.append("ready=log:\(text)")
    }
    if readiness != .running { parts.append("ready_timeout=\(readyTimeout.seconds)") }
    if onExit == .shutdown { parts.append("on_exit=shutdown") }
    if onFatal == .shutdown { parts.append("on_fatal=shutdown") }
    if let health { parts.append(health.text) }
    if let memoryLimit { parts.append("memory_limit=\(memoryLimit)") }
    if let watchdog { parts.append("watchdog=\(watchdog.seconds)") }
    if let maximumUptime {
      parts.append("max_uptime=\(maximumUptime.seconds) jitter=\(uptimeJitterThousandths)")
    }
    if hasStopCommand { parts.append("stop_command") }
    return parts
  }
}

extension RestartPolicy {
  fileprivate var parts: [String] {
    var parts: [String] = []
    switch automatic {
    case .never: parts.append("autorestart=false")
    case .unexpected: break
    case .always: parts.append("autorestart=true")
    }
    if startSeconds != .seconds(1) { parts.append("startsecs=\(startSeconds.seconds)") }
    if startRetries != 3 {
      parts.append("startretries=\(startRetries.map { "\($0)" } ?? "unlimited")")
    }
    if !plannedExitCodes.isEmpty { parts.append("planned_exit_codes=\(plannedExitCodes)") }
    if let delay {
      parts.append(
        "restart_delay=\(delay.initial.seconds)-\(delay.maximum.seconds) "
          + "jitter=\(delay.jitterThousandths)")
    }
    if let limit { parts.append("restart_limit=\(limit.count)/\(limit.window.seconds)") }
    return parts
  }
}

extension StopPolicy {
  fileprivate var parts: [String] {
    var parts: [String] = []
    if self != StopPolicy() {
      let list = steps.map { "\($0.signal.name):\($0.wait.seconds)" }.joined(separator: ",")
      parts.append("stopsignal=\(list)")
    }
    if asGroup { parts.append("stopasgroup=true") }
    if killAsGroup { parts.append("killasgroup=true") }
    return parts
  }
}

extension Health {
  fileprivate var text: String {
    let action =
      switch onUnhealthy {
      case .restart: "restart"
      case .shutdown: "shutdown"
      case .ignore: "ignore"
      }
    return "health every \(interval.seconds) rise=\(rise) fall=\(fall) grace=\(grace.seconds) "
      + "on_unhealthy=\(action)"
  }
}

extension Hook {
  fileprivate var parts: [String] {
    [
      "stage=\(stage.rawValue)", "timeout=\(timeout.seconds)", "retries=\(retries)",
      "on_failure=\(onFailure == .abort ? "abort" : "continue")",
    ]
  }
}

extension Cron {
  fileprivate var parts: [String] {
    let overlap =
      switch overlap {
      case .skip: "skip"
      case .queue: "queue"
      case .allow: "allow"
      }
    return [
      schedule.text, "overlap=\(overlap)", "timeout=\(timeout.seconds)",
      "jitter=\(jitter.seconds)", "retries=\(retries)",
    ]
  }
}

extension Schedule {
  /// The expression itself is not kept.
  fileprivate var text: String {
    switch self {
    case .once: "@reboot"
    case .every(let interval): "@every \(interval.seconds)"
    case .calendar(let calendar, _):
      calendar.isWildcard ? "calendar with wildcards" : "calendar with fixed times"
    }
  }
}
