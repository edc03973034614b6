internal import Linux

/// `pidproxy PIDFILE COMMAND…`: runs a command that becomes a daemon, and hands the signals it gets
/// to the process whose pid is in the file.
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
        forward(signal.number, file)
        if final.contains(signal.number) { return 0 }
      }
    }
  }

  private static func hasEnded(_ pid: Int32) -> Bool {
    guard let child = peekEndedChild(), child.pid == pid else { return false }
    reap(pid)
    return true
  }

  private static func forward(_ signal: Int32, _ file: String) {
    let text = (try? readFile(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard let pid = Int32(text.filter { $0.isASCII && $0.isNumber }), pid > 0 else {
      return printOut("Can't read child pidfile \(file)!\n")
    }
    try? sendSignal(signal, toProcess: pid)
  }
}
