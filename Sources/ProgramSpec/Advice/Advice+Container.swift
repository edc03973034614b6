/// What a container loses, or shows to everybody.
extension Advice {
  /// Docker restarts a container that ends, not one in which something is missing.
  @Sendable static func onFatal(_ subject: AdviceSubject) -> [Finding] {
    let programs = subject.programs.filter { $0.program.autostart && !$0.program.isOneShot }
    guard programs.count > 1, programs.contains(where: { $0.program.mayBecomeFatal }),
      !programs.contains(where: {
        $0.program.onFatal == .shutdown || $0.program.onExit == .shutdown
      }),
      !subject.configuration.hearsOfStates
    else { return [] }
    return [
      Finding(
        subject.supervisor,
        "when one of the \(programs.count) programs becomes FATAL, the container goes on without "
          + "it; write on_fatal=shutdown in those it is nothing without")
    ]
  }

  /// Whoever reaches the port may start and stop programs, and read their logs.
  @Sendable static func openControl(_ subject: AdviceSubject) -> [Finding] {
    subject.configuration.servers.compactMap { server in
      guard case .inet(let host, let port) = server.address, server.authentication == .none,
        host != "localhost", host != "::1", host != "[::1]", !host.hasPrefix("127.")
      else { return nil }
      return Finding(
        server.location,
        "whoever reaches port \(port) controls the programs; write username= and password=, "
          + "or port=127.0.0.1:\(port)")
    }
  }

  /// Nobody sees them while it runs, and afterwards they are gone.
  @Sendable static func logFile(_ subject: AdviceSubject) -> [Finding] {
    // Somebody shows them.
    guard !subject.programs.contains(where: { ["tail", "multitail"].contains($0.command.name) })
    else { return [] }
    return subject.programs.compactMap { one in
      guard let output = one.program.processes.first?.execution.output else { return nil }
      if let path = output.stdout.lostFile { return finding(one, "stdout", path) }
      guard !output.redirectStderr, let path = output.stderr.lostFile else { return nil }
      return finding(one, "stderr", path)
    }
  }

  private static func finding(
    _ one: AdviceSubject.Program, _ stream: String, _ path: String
  ) -> Finding {
    let both = path == "AUTO" ? "" : ", or both: \(path), /dev/\(stream)"
    return Finding(
      one.source.location("\(stream)_logfile"),
      "docker logs does not show it, and without a volume the file goes with the container; "
        + "write \(stream)_logfile=/dev/\(stream)\(both)")
  }
}

extension Configuration {
  /// A listener of that kind is there to end the container.
  fileprivate var hearsOfStates: Bool {
    units.contains { unit in
      guard case .program(let program) = unit.work,
        case .eventListener(let events, _) = program.kind
      else { return false }
      return events.contains { $0 == "EVENT" || $0.hasPrefix("PROCESS_STATE") }
    }
  }
}

extension StreamOutput {
  /// Directories that nobody makes a volume of.
  private static let passing = ["/var/log/", "/tmp/", "/var/tmp/", "/run/", "/var/run/", "/root/"]

  fileprivate var lostFile: String? {
    // Who has a file rotated day by day has a place for it.
    guard !syslog, !eventsEnabled, !rotatesDaily, !compress else { return nil }
    var lost: String?
    for target in targets {
      switch target {
      case .descriptor, .syslog: return nil
      case .automatic: lost = "AUTO"
      case .file(let path):
        guard Self.passing.contains(where: path.hasPrefix) else { return nil }
        lost = path
      }
    }
    return lost
  }
}
