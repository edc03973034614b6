internal import ControlProtocol
internal import Linux
internal import ProgramSpec
internal import SafeText

/// `ready`: until everything is, or never will be.
struct Ready {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    var limit = Duration.seconds(60)
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard word == "--timeout", let text = rest.popFirst(),
        let duration = try? Scalar.duration(text)
      else {
        printError(UsageError(message: "ready takes --timeout and a duration like 60s").text)
        return ExitCode.usage
      }
      limit = duration
    }
    switch ReadyWait(context.socket, limit).outcome({ true }) {
    case .ready:
      printOut("ready\n")
      return ExitCode.success
    case .never(let reason), .late(let reason):
      printOut("not ready: \(reason)\n")
      return ExitCode.failure
    }
  }
}

/// Asks the supervisor to say when the start is complete; one that is not there yet is waited for.
struct ReadyWait {
  enum Outcome: Equatable {
    case ready
    case never(String)
    case late(String)
  }

  private let socket: String
  private let deadline: UInt64

  init(_ socket: String, _ limit: Duration) {
    self.socket = socket
    let seconds = UInt64(max(0, limit.components.seconds))
    let rest = UInt64(max(0, limit.components.attoseconds / 1_000_000_000))
    deadline = monotonicNanoseconds() &+ seconds &* 1_000_000_000 &+ rest
  }

  private var milliseconds: Int32 {
    let now = monotonicNanoseconds()
    return now >= deadline ? 0 : Int32(clamping: (deadline - now) / 1_000_000 + 1)
  }

  /// `goesOn` says whether there is still somebody to wait for.
  func outcome(_ goesOn: () -> Bool) -> Outcome {
    var problem = ConnectionProblem.noSocket(socket)
    while milliseconds > 0, goesOn() {
      do throws(ConnectionProblem) {
        var connection = try ControlConnection(socket)
        try connection.send("ready")
        if let answer = try connection.next(milliseconds: milliseconds) { return outcome(answer) }
        if milliseconds == 0 { return .late("not everything is ready yet") }
        problem = .other("it ended before everything was ready")
      } catch {
        problem = error
      }
      pauseFor(milliseconds: min(20, max(1, milliseconds)))
    }
    return .late(problem.text)
  }

  private func outcome(_ answer: JSONValue) -> Outcome {
    answer["ready"]?.isTrue == true ? .ready : .never(answer["reason"]?.text ?? "unknown reason")
  }
}

/// `healthcheck`: a tick or a cross for each program, and one exit code for Docker.
struct Healthcheck {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    guard arguments.isEmpty || arguments == ["--json"] else {
      printError(UsageError(message: "healthcheck takes no arguments but --json").text)
      return ExitCode.usage
    }
    do throws(ConnectionProblem) {
      guard let answer = try ControlConnection.ask("health", at: context.socket).first else {
        printOut("error: no answer\n")
        return ExitCode.failure
      }
      if arguments.isEmpty { show(answer) } else { printOut(JSONText.line(answer)) }
      return answer["healthy"]?.isTrue == true ? ExitCode.success : ExitCode.failure
    } catch {
      printOut("\(error.text)\n")
      return ExitCode.failure
    }
  }

  private func show(_ answer: JSONValue) {
    for unit in answer["units"]?.elements ?? [] {
      let isWell = unit["healthy"]?.isTrue == true
      let mark = isWell ? context.coloured("✓", 32) : context.coloured("✗", 31)
      let state = unit["state"]?.text ?? ""
      let ready = state == "RUNNING" && unit["ready"]?.isTrue != true ? ", not ready" : ""
      let message = unit["message"]?.text.map { ": \($0)" } ?? ""
      let text = "\(unit.name) \(state)\(ready)\(message)".escapingControls
      printStyled("\(mark) \(text)\n")
    }
  }
}

/// `events`: the journal as it is written.
struct Events {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    guard arguments.isEmpty || arguments == ["--json"] else {
      printError(UsageError(message: "events takes no arguments but --json").text)
      return ExitCode.usage
    }
    do throws(ConnectionProblem) {
      var connection = try ControlConnection(context.socket)
      try connection.send("events")
      while let line = connection.line() {
        let value = JSONValue.parse(line[...])
        if let value { try ControlConnection.requireAccepted(value) }
        let text = arguments.isEmpty ? value.map(JournalLine.text) : nil
        printOut("\(text ?? String(decoding: line, as: UTF8.self))\n")
      }
      return ExitCode.success
    } catch {
      return context.complain(error)
    }
  }
}

/// A line of the journal for people.
enum JournalLine {
  static func text(_ line: JSONValue) -> String {
    let at = Seconds.text(line["at"]?.double ?? 0).leftPadded(to: 10)
    let name = line["name"]?.text ?? "supervisor"
    if let to = line["to"]?.text, let from = line["from"]?.text {
      let pid = line["pid"]?.integer.map { " pid \($0)" } ?? ""
      return "\(at)  \(name): \(from) -> \(to)\(pid)\(details(line, besides: ["pid"]))"
    }
    return "\(at)  \(name): \(line["event"]?.text ?? "")\(details(line, besides: []))"
  }

  private static func details(_ line: JSONValue, besides known: Set<String>) -> String {
    let shown = [
      "code", "signal", "reason", "message", "delay", "cause", "by", "action", "targets", "count",
      "host", "user", "uid", "address", "over",
    ]
    let parts = shown.filter { !known.contains($0) }.compactMap { key -> String? in
      switch line[key] {
      case .string(let text): "\(key) \(text)"
      case .number(let number):
        "\(key) \(Int(exactly: number).map { "\($0)" } ?? Seconds.text(number))"
      case .array(let elements):
        "\(key) \(elements.compactMap(\.text).joined(separator: ", "))"
      case .bool, .object, .null, nil: nil
      }
    }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}

/// Seconds with three decimals.
enum Seconds {
  static func text(_ seconds: Double) -> String {
    let milliseconds = Int((max(0, min(seconds, 1e12)) * 1000).rounded())
    return "\(milliseconds / 1000).\(threeDigits(milliseconds % 1000))"
  }
}

extension String {
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - utf8.count)) + self
  }
}
