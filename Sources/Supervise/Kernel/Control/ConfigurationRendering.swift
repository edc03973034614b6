internal import ProgramSpec
internal import SuperviseCore

/// What supervisord's getAllConfigInfo tells of a process, under its names and with its spellings:
/// the text `none` for what is missing, `auto` for a log file whose name is not made yet.
struct ConfigurationRenderer {
  let output: OutputTable

  func line(
    _ process: Process, _ unit: Unit, _ program: Program, groupPriority: Int, isActive: Bool,
    into json: inout JSONWriter
  ) {
    json.beginObject()
    json.field("autostart", program.autostart)
    restart(program, &json)
    json.field("directory", process.execution.directory ?? "none")
    if let user = process.execution.identity?.user {
      json.field("uid", Int(user))
    } else {
      json.field("uid", "none")
    }
    json.field("command", process.commandLine)
    json.field("group", process.group)
    json.field("group_prio", groupPriority)
    json.field("inuse", isActive)
    json.field("name", process.name)
    // A listener's group comes before all others, its processes among themselves as anybody's.
    let isUnset = program.kind.isListener && unit.priority == -1
    json.field("process_prio", isUnset ? 999 : unit.priority)
    json.field("redirect_stderr", process.execution.output.redirectStderr)
    stop(program, &json)
    let wanted = process.execution.output
    let label = process.displayName
    stream("stdout", wanted.stdout, output.path(wanted, label, isError: false), &json)
    let errors = wanted.redirectStderr ? wanted.stderr.withoutTargets : wanted.stderr
    stream("stderr", errors, output.path(wanted, label, isError: true), &json)
    json.field("serverurl", program.serverURL ?? "none")
    json.endObject()
    json.newline()
  }

  private func restart(_ program: Program, _ json: inout JSONWriter) {
    switch program.restart.automatic {
    case .never: json.field("autorestart", false)
    case .always: json.field("autorestart", true)
    case .unexpected: json.field("autorestart", "unexpected")
    }
    json.key("exitcodes")
    json.beginArray()
    for code in program.restart.exitCodes { json.number(Int(code)) }
    json.endArray()
    json.field("startretries", program.restart.startRetries ?? Int(Int32.max))
    json.field("startsecs", seconds(program.restart.startSeconds))
  }

  private func stop(_ program: Program, _ json: inout JSONWriter) {
    json.field("killasgroup", program.stop.killAsGroup)
    json.field("stopsignal", Int(program.stop.steps.first?.signal.number ?? 15))
    json.field("stopwaitsecs", seconds(program.stop.steps.first?.wait ?? .seconds(10)))
  }

  private func stream(
    _ name: String, _ stream: StreamOutput, _ path: String?, _ json: inout JSONWriter
  ) {
    json.field("\(name)_capture_maxbytes", stream.captureMaximumBytes)
    json.field("\(name)_events_enabled", stream.eventsEnabled)
    json.field("\(name)_logfile", stream.told(path))
    json.field("\(name)_logfile_backups", stream.backups)
    json.field("\(name)_logfile_maxbytes", stream.maximumBytes)
    json.field("\(name)_syslog", stream.syslog || stream.targets.contains(.syslog))
  }

  private func seconds(_ duration: Duration) -> Int {
    Int(clamping: duration.wholeNanoseconds / 1_000_000_000)
  }
}

extension StreamOutput {
  /// Of a stderr that goes wherever stdout goes.
  fileprivate var withoutTargets: StreamOutput {
    var stream = self
    stream.targets = []
    stream.written = nil
    return stream
  }

  fileprivate func told(_ path: String?) -> String {
    // `syslog` is told under its own key.
    switch targets.first(where: { $0 != .syslog }) {
    case .file, .automatic: path.map(told) ?? "auto"
    case .descriptor(let number): written ?? "/dev/fd/\(number)"
    case .syslog: "none"
    case nil: written == "" ? "" : "none"
    }
  }
}
