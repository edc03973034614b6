internal import ControlProtocol
internal import ProgramSpec

/// When an app is started again, and how it is stopped.
extension AppConversion {
  /// What PM2 does where nobody says anything.
  private static let restarts = 16
  private static let killTimeout = "1600ms"
  private static let longestBackoff = "15s"

  mutating func writeRestarts() {
    if fields.take("autostart")?.flag == false { section.set("autostart", "false") }
    let restarts = fields.take("autorestart")?.flag ?? true
    let codes = exitCodes()
    if !restarts {
      section.set("autorestart", "false")
    } else if let codes {
      section.set("autorestart", "unexpected")
      section.set("exitcodes", codes)
    } else {
      section.set("autorestart", "true")
    }
    writeUptime(restarts)
    writeDelays()
    if let limit = fields.take("max_memory_restart") {
      if let bytes = limit.size {
        section.set("memory_limit", bytes)
      } else {
        note("max_memory_restart=\(limit.shown)")
      }
    }
  }

  private mutating func exitCodes() -> String? {
    guard let value = fields.take("stop_exit_codes") else { return nil }
    let codes = value.words?.compactMap { Int($0) } ?? []
    guard !codes.isEmpty, codes.allSatisfy((0...255).contains) else {
      note("stop_exit_codes=\(value.shown)")
      return nil
    }
    return codes.map { "\($0)" }.joined(separator: ",")
  }

  /// What may end at once is no failed start.
  private mutating func writeUptime(_ restarts: Bool) {
    let uptime = fields.take("min_uptime")
    guard restarts else { return section.set("startsecs", "0") }
    if let uptime {
      if let time = uptime.time {
        section.set("startsecs", time)
      } else {
        note("min_uptime=\(uptime.shown)")
      }
    }
  }

  private mutating func writeDelays() {
    let backoff = fields.take("exp_backoff_restart_delay")
    let delay = fields.take("restart_delay")
    let most = fields.take("max_restarts")
    if let time = backoff?.milliseconds, time != "0s" {
      section.set("restart_delay", time)
      section.set("restart_factor", "1.5")
      section.set("restart_delay_max", AppConversion.longestBackoff)
    } else if let time = delay?.milliseconds, time != "0s" {
      section.set("restart_delay", time)
      section.set("restart_factor", "1")
      section.set("restart_delay_max", time)
    }
    if let count = most?.wholeNumber, (0...1_000_000).contains(count) {
      section.set("startretries", "\(count)")
    } else {
      section.set("startretries", backoff == nil ? "\(AppConversion.restarts)" : "unlimited")
    }
  }

  /// PM2 sends SIGINT, to all that an app has started.
  mutating func writeStop() {
    let patience = fields.take("kill_timeout", "kill_timeout_ms")
    section.set("stopsignal", "INT")
    section.set("stopwaitsecs", patience?.milliseconds ?? AppConversion.killTimeout)
    if fields.take("treekill")?.flag ?? true { section.set("stopasgroup", "true") }
    if fields.take("shutdown_with_message")?.flag == true {
      note("shutdown_with_message; handle SIGINT, or write stop_command=")
    }
    let isReady = fields.take("wait_ready")?.flag ?? false
    let patient = fields.take("listen_timeout")
    if isReady {
      let limit = patient?.milliseconds.map { "ready_timeout=\($0) and " } ?? ""
      note("wait_ready, whose channel is Node's own; write \(limit)ready=http://127.0.0.1:PORT/")
    }
  }
}

extension JSONValue {
  /// What one may count: a thousand years of milliseconds are enough.
  private static let sane = 0...30_000_000_000_000

  /// Milliseconds, as one writes them.
  var milliseconds: String? {
    guard let number = wholeNumber, JSONValue.sane.contains(number) else { return nil }
    return number % 1000 == 0 ? "\(number / 1000)s" : "\(number)ms"
  }

  /// Milliseconds, or a number with a unit: `10s`, `2m`, `1h`.
  var time: String? {
    if let milliseconds { return milliseconds }
    guard let text = word, let number = Int(text.dropLast()),
      (0...1_000_000).contains(number), ["s", "m", "h"].contains(text.suffix(1))
    else { return nil }
    return text
  }

  /// Bytes, or a number with `K`, `M` or `G`.
  var size: String? {
    if let number = wholeNumber { return number > 0 ? "\(number)" : nil }
    guard let text = word, let number = Int(text.dropLast()), number > 0, number < 1 << 32,
      ["K", "M", "G"].contains(text.suffix(1).uppercased())
    else { return nil }
    return "\(text.uppercased())B"
  }
}
