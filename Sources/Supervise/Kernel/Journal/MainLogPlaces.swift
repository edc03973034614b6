internal import LoggerProtocol
internal import ProgramSpec

/// The places of the main log: the container's own descriptor, which PID 1 writes to itself, and
/// what the logger writes to.
extension Supervisor {
  /// The file or syslog; nil for a main log that is shown on the console alone.
  var mainLogTarget: StreamDescription.Target? {
    switch logFile {
    case .file(let path)? where path != "/dev/null": .file(path)
    case .syslog?: .syslog(identity: "supervisord")
    case .file, .descriptor, .automatic, nil: nil
    }
  }
}

extension Boot {
  /// Where the logger copies the output of programs to: at `loglevel=debug` all places of the main
  /// log (supervisord 4.3.0, `POutputDispatcher`), else none.
  var outputCopies: [StreamDescription.Target] {
    guard narration.rawValue >= Supervisor.LogLevel.debug.rawValue else { return [] }
    let shown = console.map { [StreamDescription.Target.descriptor($0)] } ?? []
    return shown + [configuration.supervisor.mainLogTarget].compactMap { $0 }
  }
}
