/// `/dev/fd/N` above 2 is open in the supervisor, which can hand it to a program as it is. The
/// logger does not have it, and would write to whatever bears that number there: lines that need
/// the logger are refused such a place before anything starts.
extension SectionReader {
  mutating func checkDescriptors(of work: Unit.Work, stripsANSI: Bool) {
    switch work {
    case .program(let program):
      for process in program.processes {
        check(process.execution.output, program.readiness, stripsANSI: stripsANSI)
      }
    case .hook(let hook): check(hook.execution.output, .running, stripsANSI: stripsANSI)
    case .cron(let cron): check(cron.execution.output, .running, stripsANSI: stripsANSI)
    case .wait, .directory, .template: break
    }
  }

  private mutating func check(
    _ output: Output, _ readiness: Readiness, stripsANSI: Bool
  ) {
    var streams = [("stdout", output.stdout)]
    if !output.redirectStderr { streams.append(("stderr", output.stderr)) }
    for (name, stream) in streams {
      guard let number = stream.descriptorOfNobodyElse,
        let cause = stream.needOfLogger(name, output.format, readiness, stripsANSI: stripsANSI)
      else { continue }
      reject(
        "\(name)_logfile", stream.written ?? "",
        ValueProblem(
          "descriptor \(number) can only be handed to the program as it is, "
            + "not with \(cause.what); \(cause.instead), "
            + "or write /dev/stdout, /dev/stderr or a file here"))
    }
  }
}

extension StreamOutput {
  /// One that only the supervisor has; 0 is something else to its children.
  fileprivate var descriptorOfNobodyElse: Int32? {
    for case .descriptor(let number) in targets where number != 1 && number != 2 { return number }
    return nil
  }

  /// What keeps the program from writing there by itself, and what to do about it.
  fileprivate func needOfLogger(
    _ name: String, _ format: LogFormat, _ readiness: Readiness, stripsANSI: Bool
  ) -> (what: String, instead: String)? {
    if format != .raw { return ("log_format=\(format.word)", "write log_format=raw") }
    if targets.count > 1 { return ("a second place beside it", "leave the others out") }
    if captureMaximumBytes > 0 { return ("\(name)_capture_maxbytes", "leave that out") }
    if eventsEnabled { return ("\(name)_events_enabled", "leave that out") }
    if syslog { return ("\(name)_syslog", "leave that out") }
    if case .log = readiness { return ("ready=log:", "write another ready=") }
    return stripsANSI ? ("strip_ansi", "leave that out of [supervisord]") : nil
  }
}

extension LogFormat {
  fileprivate var word: String {
    switch self {
    case .raw: "raw"
    case .prefix: "prefix"
    case .json: "json"
    }
  }
}
