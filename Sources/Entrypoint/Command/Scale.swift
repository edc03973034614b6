internal import ControlProtocol
internal import Linux
internal import ProgramSpec

/// `scale NAME N`: more or fewer processes of a program.
struct Scale {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2, let count = Int(arguments[1]),
      (0...Program.maxProcesses).contains(count)
    else {
      printOut(
        "Error: scale requires a program and a number from 0 to \(Program.maxProcesses)\n"
          + Help.text("scale"))
      return ExitCode.usage
    }
    do throws(ConnectionProblem) {
      let request = "scale \(arguments[0]) \(count)"
      return report(
        try ControlConnection.ask(request, at: context.socket).first, arguments[0], count)
    } catch {
      return context.complain(error)
    }
  }

  private func report(_ answer: JSONValue?, _ name: String, _ count: Int) -> Int32 {
    guard answer?["result"] == nil else {
      printOut("\(name): scaled to \(count)\n")
      return ExitCode.success
    }
    let words =
      switch answer?["fault"]?.text {
      case "BAD_NAME": "no such program"
      case "STILL_RUNNING": "it is being scaled already"
      case "SHUTDOWN_STATE": "supervisor shutting down"
      case "CANT_REREAD", "FAILED": answer?["message"]?.text ?? ""
      default: "no answer"
      }
    printOut("\(name): ERROR (\(words))\n")
    return ExitCode.failure
  }
}
