internal import Linux
internal import XMLRPC

/// `reload`, `shutdown`, `open`: the server as a whole.
extension Controller {
  mutating func reload(_ rest: String) throws(CallProblem) {
    guard refuseArguments(.reload, rest),
      confirms("Really restart the remote supervisord process y/N? ")
    else { return }
    do {
      _ = try connection.call("restart")
      say("Restarted supervisord")
    } catch {
      switch error {
      case .fault(let fault) where fault.code == FaultCode.shutdownState:
        fail("ERROR: already shutting down")
      // Never the real server's: it would restart, and end at the first mistake.
      case .fault(let fault) where fault.code == FaultCode.cannotReread:
        fail("ERROR: not restarted: \(fault.text)")
      default: throw error
      }
    }
  }

  mutating func shutdown(_ rest: String) throws(CallProblem) {
    guard refuseArguments(.shutdown, rest),
      confirms("Really shut the remote supervisord process down y/N? ")
    else { return }
    do {
      _ = try connection.call("shutdown")
      say("Shut down")
    } catch {
      switch error {
      case .fault(let fault) where fault.code == FaultCode.shutdownState:
        say("ERROR: already shutting down")
      case .system(.connectionRefused):
        fail("ERROR: \(connection.serverURL) refused connection (already shut down?)")
      case .system(.notFound):
        fail("ERROR: \(connection.serverURL) no such file (already shut down?)")
      default: throw error
      }
    }
  }

  /// A script is taken at its word; a person is asked. Ctrl-C or the end of the input leaves the
  /// shell.
  private mutating func confirms(_ question: String) -> Bool {
    guard isInteractive else { return true }
    guard let answer = Prompt.line(question, connection.interrupts) else {
      isOver = true
      return false
    }
    return answer.lowercased().hasPrefix("y")
  }

  mutating func open(_ rest: String) throws(CallProblem) {
    guard rest.hasPrefix("http://") || rest.hasPrefix("unix://") else {
      return fail("ERROR: url must be http:// or unix://")
    }
    connection.serverURL = rest
    let before = exitStatus
    try status("")
    // What the programs are doing there says nothing about whether it could be opened.
    exitStatus = before
  }
}
