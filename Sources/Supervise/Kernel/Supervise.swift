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
  /// Lines less urgent than this are not printed.
  package var narration: Supervisor.LogLevel

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
    kernel.openJournal()
    return kernel.run(boot.controlPath)
  } catch {
    printError("entrypoint: cannot start: \(error.message)\n")
    return 70
  }
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

  fileprivate mutating func run(_ controlPath: String) -> Int32 {
    let code = run()
    if control != nil { try? removeFile(controlPath) }
    if let notifySocket { try? removeFile(notifySocket.path) }
    return code
  }
}
