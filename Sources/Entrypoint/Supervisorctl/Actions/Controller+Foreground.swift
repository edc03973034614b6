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
      let process = try ProcessInfo(try connection.call("getProcessInfo", about: name))
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
    var output = try connection.follow(process: name, "stdout")
    var errors = try connection.follow(process: name, "stderr")
    var input = LineInput()
    while output.isOpen || errors.isOpen || !(output.wasOpen || errors.wasOpen) {
      let ready = try wait(output.openRaw, errors.openRaw)
      if ready.interrupt { return }
      if ready.output { try output.passWithoutWaiting() }
      if ready.errors { try errors.passWithoutWaiting() }
      guard ready.input else { continue }
      switch input.read() {
      case .incomplete: continue
      case .end: return
      case .line(let line):
        guard try send(line + "\n", to: name) else { return }
      }
    }
  }

  private struct Ready {
    var interrupt: Bool
    var output: Bool
    var errors: Bool
    var input: Bool
  }

  /// A descriptor of -1 is passed over by poll(2).
  private func wait(_ output: Int32, _ errors: Int32) throws(CallProblem) -> Ready {
    let interrupts = connection.interrupts ?? -1
    do {
      let ready = try waitForAny(readable: [interrupts, output, errors, 0])
      let isInterrupted = ready[0] && Interrupts.isInterrupted(interrupts)
      return Ready(
        interrupt: isInterrupted, output: ready[1], errors: ready[2], input: ready[3])
    } catch { throw .system(error) }
  }

  /// False when it is over.
  private func send(_ text: String, to name: String) throws(CallProblem) -> Bool {
    do {
      _ = try connection.call("sendProcessStdin", [.string(name), .string(text)])
      let info = try connection.call("getProcessInfo", about: name)
      if try ProcessInfo(info).state == ProcessInfo.running { return true }
      say("Process got killed")
    } catch {
      guard case .fault(let fault) = error else { throw error }
      say(fault.code == FaultCode.notRunning ? "Process got killed" : "ERROR: \(error.text)")
    }
    return false
  }
}
