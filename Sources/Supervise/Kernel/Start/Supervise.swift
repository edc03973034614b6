internal import GatewayProtocol
internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

package let version = "0.1.0"

/// Supervises until the end, and returns the code to exit with.
///
/// Before the loop everything that is wrong is said and ends with a code: 2 for what is wrong with
/// the configuration on this machine (a socket in use, a right or a limit we do not get), 70 for
/// what the machine refuses us.
package func supervise(_ boot: Boot) -> Int32 {
  do throws(StartProblem) {
    var kernel = try prepared(boot)
    switch kernel.runToTheEnd() {
    case .exit(let code): return code
    case .beginAgain:
      Limits.restoreOwn(kernel.recipes.fileLimit)
      return try beginAgain(boot, kernel.keptSockets, kernel.recordForReload)
    }
  } catch {
    printError(error.text(boot))
    return error.code
  }
}

/// Everything that can be refused, in the order in which rights are given up.
private func prepared(_ boot: Boot) throws(StartProblem) -> Kernel {
  let supervisor = boot.configuration.supervisor
  if !ThisProcess.isInit { try StartProblem.trying(becomeSubreaper) }
  let listening = try Listening.open(boot)
  let score = OutOfMemoryScores.permit(boot)
  var lines = try Privileges.drop(boot)
  if let score { OutOfMemoryScores.restore(score) }
  lines += try Limits.raise(for: supervisor, isStrict: boot.isStrict)
  try StartProblem.trying { () throws(Errno) in try Daemon.begin(boot) }
  if boot.becomesDaemon { FaultHandler.protectSupervisor() }
  FaultHandler.setGrace(boot.configuration.grace)
  let fileLimit = Limits.raiseOwn()
  let resources = try StartProblem.trying { () throws(Errno) in
    try Kernel.Resources.acquire(for: boot)
  }
  var kernel = Kernel(boot, resources)
  if kernel.recipes.sharesRootGroup { RootGroup.markAsShared() }
  kernel.recipes.fileLimit = fileLimit
  kernel.recipes.roleUsers = RoleUsers(for: boot.configuration)
  if supervisor.directory != nil { kernel.recipes.facts.becomeStaleWhereRelative() }
  // Reads the time zone, which no later line waits for.
  _ = WallTime.now().local
  try StartProblem.trying { () throws(Errno) in try kernel.listenToTheMachine() }
  kernel.openMainLog()
  lines += kernel.recipes.roleUsers.lines(boot)
  for line in lines + listening.lines { kernel.narrator.say(line.level, line.text) }
  kernel.take(listening)
  if boot.isSupervisord {
    kernel.narrator.say(.information, "supervisord started with pid \(ThisProcess.identifier)")
  }
  kernel.writePidFile()
  kernel.openJournal()
  return kernel
}

/// Everything is down: the same process starts from nothing, and reads its configuration anew.
private func beginAgain(
  _ boot: Boot, _ sockets: KeptSockets, _ record: Int32?
) throws(StartProblem) -> Int32 {
  // Paths of the command line are relative to where we were then. As another user we may not go
  // back there, and then the path is not relative: we have just read it from where we are.
  if let source = boot.source {
    let directory = source.surroundings.currentDirectory
    // Not where it is not needed: the directory's disk may hang by now.
    if directory != currentDirectory() { try? ThisProcess.changeDirectory(directory) }
  }
  return try StartProblem.trying { () throws(Errno) -> Int32 in
    try sockets.bequeath()
    if let record { try setInheritable(record, true) }
    try ThisProcess.become(
      ThisProcess.ownExecutable, ThisProcess.arguments, boot.environment(keeping: sockets, record))
  }
}

extension Kernel {
  fileprivate mutating func writePidFile() {
    pidFile = configuration.supervisor.pidFile.map(PidFile.init)
    if let problem = pidFile?.write() { narrator.say(.critical, problem) }
  }

  /// A console needs no logger, a file does: it is rotated.
  fileprivate mutating func openMainLog() {
    let supervisor = configuration.supervisor
    guard let target = supervisor.mainLogTarget else { return }
    var description = StreamDescription(label: "supervisord")
    description.targets = [target]
    description.maximumBytes = UInt64(max(0, supervisor.logFileMaximumBytes))
    description.backups = UInt32(clamping: supervisor.logFileBackups)
    do {
      let stream = try output.add(description, nil)
      mainLogStream = stream
      narrator.log.addLogger(output.streams[stream].write)
    } catch {
      return narrator.say(.critical, "no main log: \(error.message)")
    }
    startIfNeeded(.logger)
  }

  fileprivate mutating func openJournal() {
    guard let path = configuration.supervisor.journal else { return }
    var description = StreamDescription(label: "journal")
    description.targets = [.file(path)]
    do {
      let stream = try output.add(description, nil)
      journalOutlet = LineOutlet(output.streams[stream].write)
    } catch {
      return narrator.say(.critical, "no journal at \(path): \(error.message)")
    }
    startIfNeeded(.logger)
    writeJournal(JournalRenderer.header(journal.wallTime))
  }

  fileprivate mutating func runToTheEnd() -> Outcome {
    let outcome = run()
    drainMainLog()
    pidFile?.remove()
    notifications.removeAll()
    var sockets = keptSockets
    // The exit closes them: unlike close(2), it waits for no descriptor that a client has passed.
    if case .exit = outcome { _ = sockets.close() } else { closeUntrusted() }
    return outcome
  }

  fileprivate var keptSockets: KeptSockets {
    var entries = servers.map { server in
      KeptSockets.Entry(
        descriptor: server.descriptor, kind: server.listener.isUnix ? .unix : .inet,
        name: server.name, inode: server.inode)
    }
    if let control {
      entries.append(
        .init(
          descriptor: control.descriptor, kind: .control, name: control.path,
          inode: control.inode))
    }
    return KeptSockets(entries)
  }
}
