internal import ControlProtocol
internal import Linux
internal import ProgramSpec

/// `start`, `stop`, `restart`, `signal`, `pid`, `shutdown`, `version`: the words and the exit codes
/// of supervisorctl.
struct ProcessCommand {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ verb: Verb, _ words: [String]) -> Int32 {
    let isRolling = verb == .restart && words.contains("--rolling")
    let arguments = isRolling ? words.filter { $0 != "--rolling" } : words
    let needed = verb == .signal ? 2 : 1
    guard arguments.count >= needed else {
      let what = verb == .signal ? "a signal name and a process name" : "a process name"
      printOut("Error: \(verb.rawValue) requires \(what)\n\(Help.text(verb.rawValue))")
      return verb == .start ? ExitCode.usage : ExitCode.failure
    }
    switch verb {
    case .restart where isRolling: return exchange("roll", arguments, .start)
    // In one request: whoever is interrupted in between must not leave everything stopped.
    case .restart: return exchange("restart", arguments, .start)
    case .signal: return signal(arguments)
    default: return exchange(verb.rawValue, arguments, verb)
    }
  }

  private func signal(_ arguments: [String]) -> Int32 {
    guard arguments[0] == "reload" || (try? Signal.parse(arguments[0])) != nil else {
      for name in arguments.dropFirst() { printOut("\(name): ERROR (bad signal name)\n") }
      return ExitCode.failure
    }
    return exchange("signal \(arguments[0])", Array(arguments.dropFirst()), .signal)
  }

  private func exchange(
    _ request: String, _ names: [String], _ verb: Verb
  ) -> Int32 {
    do throws(ConnectionProblem) {
      var connection = try ControlConnection(context.socket)
      try connection.send("\(request) \(names.joined(separator: " "))")
      var code = ExitCode.success
      while let answer = try connection.nextOfAnswer() {
        let outcome = Outcome(answer, verb)
        printOut("\(outcome.text)\n")
        if outcome.code != ExitCode.success { code = outcome.code }
      }
      return code
    } catch {
      return context.complain(error)
    }
  }

  func pid(_ arguments: [String]) -> Int32 {
    let request = arguments.isEmpty ? "pid" : "pid \(arguments.joined(separator: " "))"
    do throws(ConnectionProblem) {
      var code = ExitCode.success
      for answer in try ControlConnection.ask(request, at: context.socket) {
        guard let pid = answer["pid"]?.integer else {
          printOut("No such process \(answer.name)\n")
          code = ExitCode.failure
          continue
        }
        printOut("\(pid)\n")
        if pid == 0, arguments != ["all"], code == ExitCode.success { code = ExitCode.dead }
      }
      return code
    } catch {
      return context.complain(error)
    }
  }

  func simple(_ verb: Verb, _ arguments: [String]) -> Int32 {
    guard arguments.isEmpty else {
      printOut("Error: \(verb.rawValue) accepts no arguments\n\(Help.text(verb.rawValue))")
      return ExitCode.failure
    }
    do throws(ConnectionProblem) {
      let answer = try ControlConnection.ask(verb.rawValue, at: context.socket).first
      printOut(verb == .shutdown ? "Shut down\n" : "\(answer?["version"]?.text ?? "")\n")
      return ExitCode.success
    } catch {
      return context.complain(error)
    }
  }
}

/// One line of an answer, said as supervisorctl says it.
struct Outcome: Equatable {
  var text: String
  var code = ExitCode.success

  init(_ answer: JSONValue, _ verb: Verb) {
    let name = answer.name
    if let result = answer["result"]?.text {
      text = "\(name): \(result)"
    } else if let fault = answer["fault"]?.text {
      let isGroup = answer["group"]?.isTrue ?? false
      let (words, code) = Outcome.words(fault, isGroup: isGroup, verb)
      let waiting = fault == "ABNORMAL_TERMINATION" ? answer["message"]?.text : nil
      text = "\(name): ERROR (\(waiting ?? words))"
      self.code = code
    } else {
      text = "error: no answer"
      code = ExitCode.failure
    }
  }

  private static func words(_ fault: String, isGroup: Bool, _ verb: Verb) -> (String, Int32) {
    switch fault {
    case "BAD_NAME" where isGroup:
      ("no such group", verb == .start ? ExitCode.usage : ExitCode.failure)
    case "BAD_NAME": ("no such process", ExitCode.failure)
    case "NO_FILE": ("no such file", ExitCode.failure)
    case "NOT_EXECUTABLE": ("file is not executable", ExitCode.failure)
    case "ALREADY_STARTED": ("already started", ExitCode.success)
    case "SPAWN_ERROR": ("spawn error", ExitCode.dead)
    case "ABNORMAL_TERMINATION": ("abnormal termination", ExitCode.dead)
    case "NOT_RUNNING": ("not running", verb == .signal ? ExitCode.dead : ExitCode.success)
    case "BAD_SIGNAL": ("bad signal name", ExitCode.failure)
    case "SHUTDOWN_STATE": ("supervisor shutting down", ExitCode.failure)
    default: (fault, ExitCode.failure)
    }
  }
}
