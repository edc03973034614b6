internal import Linux

/// What every command has: where the supervisor listens, and which configuration is meant.
package struct CommandContext: Sendable {
  package var socket: String
  package var configurationPath: String?
  package var isTerminal: Bool

  package init(_ invocation: Invocation) {
    socket = ControlSocket.path(given: invocation.socket, configured: nil)
    configurationPath = invocation.configurationPath
    isTerminal = Linux.isTerminal(1) && ThisProcess.variable("NO_COLOR") == nil
  }

  func coloured(_ text: String, _ colour: Int) -> String {
    isTerminal ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
  }

  /// Prints why nobody answered, and returns the code for it.
  func complain(_ problem: ConnectionProblem) -> Int32 {
    printOut("\(problem.text)\n")
    return problem.exitCode
  }
}
