internal import Linux
internal import XMLRPC

/// `fg`: a process in front of us. What it writes is shown, what is typed is sent to it, line by
/// line, until Ctrl-C, the end of the input or its own end.
extension Controller {
  mutating func foreground(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    let names = rest.words
    guard let name = names.first else {
      let help = Action.fg.help.withoutLineEnd
      return fail("ERROR: no process name supplied\n\(help)")
    }
    guard names.count == 1 else { return fail("ERROR: too many process names supplied") }
    guard try isRunning(name) else { return }
    say("==> Press Ctrl-C to exit <==")
    try converse(name)
    say("Exiting foreground")
  }

  private mutating func isRunning(_ name: String) throws(CallProblem) -> Bool {
    do {
      let process = try ProcessInfo(try connection.call("getProcessInfo", .string(name)))
      guard process.state != ProcessInfo.running else { return true }
      fail("ERROR: process not running")
    } catch {
      guard case .fault(let fault) = error else { throw error }
      if fault.code == FaultCode.badName {
        fail("ERROR: bad process name supplied")
      } else {
        say("ERROR: \(error.text)")
      }
    }
    return false
  }

  private func converse(_ name: String) throws(CallProblem) {
    let path = "/logtail/\(Self.inPath(name))"
    let url = connection.serverURL + path
    var output = LogStream(try connection.follow("\(path)/stdout"), "\(url)/stdout")
    var errors = LogStream(try connection.follow("\(path)/stderr"), "\(url)/stderr")
    var input = LineInput()
    while true {
      // A descriptor of -1 is passed over by poll(2).
      let ready: [Bool]
      do {
        ready = try waitForAny(readable: [
          connection.interrupts ?? -1, output.hasEnded ? -1 : output.raw,
          errors.hasEnded ? -1 : errors.raw, 0,
        ])
      } catch { throw .system(error) }
      if ready[0], let interrupts = connection.interrupts, Interrupts.isInterrupted(interrupts) {
        return
      }
      if ready[1] { try output.passWithoutWaiting() }
      if ready[2] { try errors.passWithoutWaiting() }
      if output.hasEnded, errors.hasEnded, output.wasOpen || errors.wasOpen { return }
      guard ready[3] else { continue }
      switch input.read() {
      case .incomplete: continue
      case .end: return
      case .line(let line):
        guard try send(line + "\n", to: name) else { return }
      }
    }
  }

  /// False when it is over.
  private func send(_ text: String, to name: String) throws(CallProblem) -> Bool {
    do {
      _ = try connection.call("sendProcessStdin", .string(name), .string(text))
      let info = try connection.call("getProcessInfo", .string(name))
      if try ProcessInfo(info).state == ProcessInfo.running { return true }
      say("Process got killed")
    } catch {
      guard case .fault(let fault) = error else { throw error }
      say(fault.code == FaultCode.notRunning ? "Process got killed" : "ERROR: \(error.text)")
    }
    return false
  }
}
