internal import Linux
internal import LoggerProtocol
package import ProgramSpec
package import SuperviseCore

/// What the supervisor is started with.
package struct Boot {
  package var configuration: Configuration
  package var mode: Plan.Mode
  /// Each `NAME=value`.
  package var environment: [String]
  /// Where the control socket goes.
  package var controlPath: String
  /// Lines less urgent than this are not said.
  package var narration: Supervisor.LogLevel
  /// The descriptor the main log is shown on; nil: nowhere but in its file.
  package var console: Int32? = 2
  /// From where the configuration can be read again; nil: nowhere.
  package var source: ConfigurationSource? = nil

  package init(
    configuration: Configuration, mode: Plan.Mode, environment: [String], controlPath: String,
    narration: Supervisor.LogLevel
  ) {
    self.configuration = configuration
    self.mode = mode
    self.environment = environment
    self.controlPath = controlPath
    self.narration = narration
  }
}

package let version = "0.1.0"

/// Supervises until the end, and returns the code to exit with.
///
/// Before the loop everything that is wrong is said and ends with a code: 2 for a control socket
/// that is in use, 70 for what the machine refuses us.
package func supervise(_ boot: Boot) -> Int32 {
  do {
    if !ThisProcess.isInit { try becomeSubreaper() }
    try ThisProcess.raiseOpenFileLimit(to: UInt64(boot.configuration.supervisor.minimumDescriptors))
    var kernel = Kernel(boot, try Kernel.Resources.acquire())
    try kernel.listenToTheMachine()
    if let code = kernel.openControl(boot.controlPath) { return code }
    kernel.openMainLog()
    kernel.openJournal()
    switch kernel.run(boot.controlPath) {
    case .exit(let code): return code
    case .beginAgain: return try beginAgain(boot)
    }
  } catch {
    printError("entrypoint: cannot start: \(error.message)\n")
    return 70
  }
}

/// Everything is down: the same process starts from nothing, and reads its configuration anew.
private func beginAgain(_ boot: Boot) throws(Errno) -> Int32 {
  try ThisProcess.become(ThisProcess.ownExecutable, ThisProcess.arguments, boot.environment)
}

extension Kernel {
  /// nil when all is well; else the exit code. A socket that cannot be made in a read-only place is
  /// no reason not to start: everything but the command line works without it.
  fileprivate mutating func openControl(_ path: String) -> Int32? {
    do {
      let descriptor = try listenLocally(path, mode: 0o600)
      control = (path, descriptor)
      try watch(descriptor, .control)
    } catch .addressInUse {
      printError("entrypoint: control socket \(path) is in use: is another one running?\n")
      return 2
    } catch {
      narrator.say(.warning, "no control socket at \(path): \(error.message)")
    }
    return nil
  }

  /// A console needs no logger, a file does: it is rotated.
  fileprivate mutating func openMainLog() {
    let supervisor = configuration.supervisor
    guard case .file(let path)? = supervisor.logFile, path != "/dev/null" else { return }
    var description = StreamDescription(label: "supervisord")
    description.targets = [.file(path)]
    description.maximumBytes = UInt64(max(0, supervisor.logFileMaximumBytes))
    description.backups = UInt32(clamping: supervisor.logFileBackups)
    do {
      let stream = try output.add(description, nil)
      narrator.write(to: output.streams[stream].write)
    } catch {
      return narrator.say(.critical, "no log at \(path): \(error.message)")
    }
    startLoggerIfNeeded()
  }

  fileprivate mutating func openJournal() {
    guard let path = configuration.supervisor.journal else { return }
    var description = StreamDescription(label: "journal")
    description.targets = [.file(path)]
    do { journalStream = try output.add(description, nil) } catch {
      return narrator.say(.critical, "no journal at \(path): \(error.message)")
    }
    startLoggerIfNeeded()
    writeJournal(JournalRenderer.header(journal.wallTime))
  }

  fileprivate mutating func run(_ controlPath: String) -> Outcome {
    let outcome = run()
    if control != nil { try? removeFile(controlPath) }
    if let notifySocket { try? removeFile(notifySocket.path) }
    return outcome
  }
}
