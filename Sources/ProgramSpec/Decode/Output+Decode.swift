/// Where the output of a command goes.
extension SectionReader {
  mutating func output(format: LogFormat) -> Output {
    var output = Output()
    output.redirectStderr = value("redirect_stderr", false, Scalar.bool)
    output.format = value("log_format", format) { (text) throws(ValueProblem) -> LogFormat in
      try Composite.oneOf(text, [("raw", .raw), ("prefix", .prefix), ("json", .json)])
    }
    output.stdout = stream("stdout", descriptor: 1)
    output.stderr = stream("stderr", descriptor: 2)
    if output.redirectStderr { checkIgnoredFile() }
    checkFile("stdout", output.stdout)
    if !output.redirectStderr { checkFile("stderr", output.stderr) }
    return output
  }

  private mutating func stream(_ name: String, descriptor: Int32) -> StreamOutput {
    let surroundings = context.surroundings
    let targets = value(
      "\(name)_logfile", standardTargets(descriptor), surroundings.logTargets)
    var stream = StreamOutput(targets: targets)
    stream.written = text("\(name)_logfile").map(surroundings.expandingHome)
    stream.maximumBytes = amount(
      "\(name)_logfile_maxbytes", stream.maximumBytes, Scalar.signedBytes)
    stream.backups = amount("\(name)_logfile_backups", stream.backups)
    stream.compress = value("\(name)_logfile_compress", false) { (text) throws(ValueProblem) in
      try Composite.oneOf(text, [("none", false), ("gzip", true)])
    }
    stream.rotatesDaily = value("\(name)_logfile_rotate", false) { (text) throws(ValueProblem) in
      try Composite.oneOf(text, [("size", false), ("daily", true)])
    }
    guard !kinds.isDisjoint(with: .programs) else { return stream }
    stream.captureMaximumBytes = amount("\(name)_capture_maxbytes", 0, Scalar.signedBytes)
    stream.eventsEnabled = value("\(name)_events_enabled", false, Scalar.bool)
    stream.syslog = value("\(name)_syslog", false, Scalar.bool)
    return stream
  }

  /// A listener speaks its protocol on stdout: READY and RESULT would fill the container's log.
  private func standardTargets(_ descriptor: Int32) -> [LogTarget] {
    if context.surroundings.calledAs == .supervisord { return [.automatic] }
    return kinds.contains(.listener) && descriptor == 1 ? [] : [.descriptor(descriptor)]
  }

  private mutating func checkFile(_ name: String, _ stream: StreamOutput) {
    checkRotation(name, stream)
    checkSharing(name, stream)
  }

  private mutating func checkIgnoredFile() {
    guard let entry = entry("stderr_logfile"),
      !["none", "off", "auto", ""].contains(entry.value.lowercased())
    else { return }
    context.report(
      .warning, entry.location, .ignoredFile(section: section.name, key: "stderr_logfile"))
  }
}
