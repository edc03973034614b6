internal import Linux

/// `pidproxy PIDFILE COMMAND…`: runs a command that becomes a daemon, and hands the signals it gets
/// to the process whose pid is in the file, if the command has started that process.
package enum PidProxy {
  /// TERM, HUP, INT, USR1, USR2, QUIT.
  private static let forwarded: [Int32] = [15, 1, 2, 10, 12, 3]
  /// After these we end.
  private static let final: [Int32] = [15, 2, 3]
  private static let interval: Int32 = 5000

  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count > 1 else {
      printOut(
        """
        pidproxy -- run a command, and hand the signals we get to the process in a pidfile.

        Usage: pidproxy <pidfile name> <command> [<cmdarg1> ...]

        """)
      return 1
    }
    do { return try supervise(arguments[0], Array(arguments[1...])) } catch {
      printError("pidproxy: \(arguments[1]): \(error.message)\n")
      return 1
    }
  }

  private static func supervise(_ file: String, _ command: [String]) throws(Errno) -> Int32 {
    let signals = try SignalSource()
    // Daemons stay below us when their parent exits, so that they are known to be the command's.
    try becomeSubreaper()
    let path = ThisProcess.variable("PATH") ?? "/bin:/usr/bin:/usr/local/bin"
    guard case .success(let program) = findExecutable(command[0], searchPath: path) else {
      throw Errno.notFound
    }
    var reports = SpawnReports()
    let launch = Launch(
      .init(path: program, arguments: command, environment: ThisProcess.environment))
    let report = try reports.report(0)
    let pid = try launch.start(.init(input: 0, output: 1, error: 2), report: report)
    while true {
      _ = try? waitFor(signals.raw, .readable, milliseconds: interval)
      while let signal = signals.next() {
        if signal.number == childSignal, hasEnded(pid) { return 0 }
        guard forwarded.contains(signal.number) else { continue }
        forward(signal.number, file, command[0], pid)
        if final.contains(signal.number) { return 0 }
      }
    }
  }

  /// Reaps what has ended, adopted daemons too.
  private static func hasEnded(_ pid: Int32) -> Bool {
    while let child = peekEndedChild() {
      reap(child.pid)
      if child.pid == pid { return true }
    }
    return false
  }

  private static func forward(
    _ signal: Int32, _ file: String, _ command: String, _ process: Int32
  ) {
    do throws(PidFile.Problem) { try PidFile(path: file).forward(signal, to: process) } catch {
      switch error {
      case .unreadable: printOut("Can't read child pidfile \(file)!\n")
      case .notOfCommand(let pid):
        let named = pid.map { "pid \($0)" } ?? "the process that the file names"
        printError("pidproxy: \(file): no signal sent: \(command) has not started \(named)\n")
      case .ofOtherUser(let pid):
        printError(
          "pidproxy: \(file): no signal sent: pid \(pid) is not a process of the file's owner\n")
      }
    }
  }
}
