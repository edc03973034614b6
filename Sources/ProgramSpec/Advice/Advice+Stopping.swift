/// How programs are stopped, and whether they hear of it.
extension Advice {
  /// A job that is cut off is done again, or never.
  @Sendable static func stopWait(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard let worker = one.command.simpleCommands.compactMap(QueueWorker.init).first,
        worker.timeout > 0, one.program.grace < .seconds(worker.timeout)
      else { return nil }
      let standard = worker.isStandard ? " (the default of --timeout)" : ""
      return Finding(
        one.source.location("stopwaitsecs"),
        "a job may take \(worker.timeout)s\(standard), but is killed after "
          + "\(one.program.grace.asWritten); write stopwaitsecs=\(worker.timeout &+ 10)")
    }
  }

  /// What is written there is then not what happens.
  @Sendable static func shutdownTimeout(_ subject: AdviceSubject) -> [Finding] {
    let whole = subject.configuration.supervisor.shutdownTimeout
    guard whole > .zero else { return [] }
    return subject.programs.compactMap { one in
      let isWritten = one.source.entry("stopwaitsecs") != nil || one.stopsInSteps
      guard isWritten, one.program.grace > whole else { return nil }
      return Finding(
        one.source.location("stopwaitsecs"),
        "a grace of \(one.program.grace.asWritten) ends with shutdown_timeout after "
          + "\(whole.asWritten); write stopwaitsecs=\(whole.asWritten), or in [supervisord] "
          + "shutdown_timeout=\((one.program.grace + .seconds(5)).asWritten)")
    }
  }

  /// The shell dies of the signal, and what it has started goes on without anybody.
  @Sendable static func shellExec(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard let script = one.command.script, !one.program.stop.asGroup,
        !one.program.hasStopCommand, !one.program.isOneShot, !script.handlesSignals,
        !(one.command.shell == "bash" && script.isOneCommand)
      else { return nil }
      let start = "the shell gets the signal, and what it runs goes on; write "
      guard let last = script.replaceable else {
        return Finding(one.source.location("command"), start + "stopasgroup=true")
      }
      return Finding(
        one.source.location("command"),
        start + "exec before its last command (exec \(last.text.abridged)), or stopasgroup=true")
    }
  }
}

/// `php artisan queue:work`, `queue:listen`.
private struct QueueWorker {
  /// Seconds; zero is no limit.
  var timeout: Int
  var isStandard: Bool

  init?(_ words: [String]) {
    guard let artisan = words.firstIndex(where: { $0 == "artisan" || $0.hasSuffix("/artisan") }),
      words[artisan...].contains(where: { $0 == "queue:work" || $0 == "queue:listen" })
    else { return nil }
    let written = words.value(of: ["--timeout"])
    guard let seconds = Int(written ?? "60"), (0...1_000_000).contains(seconds) else { return nil }
    timeout = seconds
    isStandard = written == nil
  }
}

extension AdviceSubject.Program {
  /// `stopsignal=TERM:30s,QUIT:5s`.
  fileprivate var stopsInSteps: Bool {
    source.entry("stopsignal")?.value.holds(":") ?? false
  }
}

extension String {
  /// The beginning of it, for a sentence.
  var abridged: String {
    let line = split(separator: "\n").first.map(String.init) ?? ""
    return line.count > 48 || line.count < count ? "\(line.prefix(48))…" : line
  }
}
