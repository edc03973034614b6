internal import Linux
internal import ProgramSpec

/// `smoke`: boots the configuration, waits until it is ready, checks the order, and shuts down. For
/// CI: 0, or exactly what broke.
struct Smoke {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  struct Options: Equatable {
    var expectations: [[String]] = []
    var timeout = Duration.seconds(120)
  }

  func run(_ arguments: [String]) -> Int32 {
    switch Smoke.options(arguments) {
    case .failure(let error):
      printError(error.text)
      return ExitCode.usage
    case .success(let options): return boot(options)
    }
  }

  /// `--expect 'a < b < c'`, any number of times, and `--timeout 120s`.
  static func options(_ arguments: [String]) -> Result<Options, UsageError> {
    var options = Options()
    var words = arguments[...]
    while let word = words.popFirst() {
      guard ["--expect", "--timeout"].contains(word), let value = words.popFirst() else {
        return .failure(UsageError(message: "smoke takes --expect 'a < b' and --timeout 120s"))
      }
      if word == "--timeout" {
        guard let timeout = try? Scalar.duration(value) else {
          return .failure(UsageError(message: "not a valid duration: '\(value)'"))
        }
        options.timeout = timeout
      } else {
        let names = value.split(separator: "<").map { String($0).trimmed }
        guard names.count > 1, !names.contains("") else {
          return .failure(UsageError(message: "'\(value)' is no order; write one like 'a < b'"))
        }
        options.expectations.append(names)
      }
    }
    return .success(options)
  }

  private func boot(_ options: Options) -> Int32 {
    guard var trial = Trial(context.configurationPath) else {
      printError("smoke: cannot make a directory under /tmp\n")
      return ExitCode.internalError
    }
    defer { trial.cleanUp() }
    guard trial.start() else {
      printError("smoke: cannot start the supervisor\n")
      return ExitCode.internalError
    }
    let outcome = ReadyWait(trial.socket, options.timeout).outcome { !trial.hasEnded() }
    let journal = (try? ControlConnection.ask("journal", at: trial.socket)) ?? []
    let problems = problems(outcome, Timeline(journal), options)
    let code = trial.stop()
    return report(problems, outcome, Timeline(journal), code, trial)
  }

  private func problems(
    _ outcome: ReadyWait.Outcome, _ timeline: Timeline, _ options: Options
  ) -> [String] {
    switch outcome {
    case .ready: options.expectations.flatMap { Smoke.violations(of: $0, timeline) }
    case .never(let reason): ["it never became ready: \(reason)"]
    case .late(let reason): ["it was not ready after \(options.timeout): \(reason)"]
    }
  }

  /// Each must be there before the next begins.
  static func violations(of order: [String], _ timeline: Timeline) -> [String] {
    zip(order, order.dropFirst()).compactMap { first, second in
      guard let earlier = timeline.span(of: first) else { return "there is no unit \(first)" }
      guard let later = timeline.span(of: second) else { return "there is no unit \(second)" }
      guard let ready = earlier.ready else { return "\(first) was never ready" }
      guard ready > later.began else { return nil }
      return "\(second) began at \(Seconds.text(later.began))s, "
        + "before \(first) was ready at \(Seconds.text(ready))s"
    }
  }

  private func report(
    _ problems: [String], _ outcome: ReadyWait.Outcome, _ timeline: Timeline, _ code: Int32?,
    _ trial: borrowing Trial
  ) -> Int32 {
    printOut(TimelineText(timeline).text)
    var problems = problems
    if code == nil { problems.append("it did not end when it was told to") }
    if let code, code != 0, outcome == .ready { problems.append("it ended with code \(code)") }
    guard !problems.isEmpty else {
      printOut("smoke: ready, in order, and stopped cleanly\n")
      return ExitCode.success
    }
    printError("\(trial.output)\n")
    for problem in problems { printError("smoke: \(problem)\n") }
    return outcome == .ready ? ExitCode.failure : code.flatMap { $0 == 0 ? nil : $0 } ?? 1
  }
}
