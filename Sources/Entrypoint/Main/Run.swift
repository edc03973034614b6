import Command
import Linux
import ProgramSpec
import Supervise
import SuperviseCore

/// `entrypoint run`: reads the configuration, says what is wrong with it, and supervises.
struct Run {
  var configurationPath: String?
  var socket: String?
  /// Nothing before the command: no waits, directories, templates or hooks.
  var skipsSteps = false
  /// Runs in the foreground instead of the programs; empty: the programs.
  var command: [String] = []

  /// The code to exit with.
  func supervise() -> Int32 {
    let surroundings = Surroundings.real(calledAs: .entrypoint)
    guard let path = path(surroundings) else {
      guard !command.isEmpty else { return complainThatThereIsNone(surroundings) }
      return start(Configuration())
    }
    let reading = ConfigurationReader.read(path: path, in: surroundings)
    for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
    guard let configuration = reading.configuration else {
      printError("For help, use entrypoint -h\n")
      return ExitCode.usage
    }
    return start(configuration)
  }

  private func path(_ surroundings: Surroundings) -> String? {
    if let configurationPath { return configurationPath }
    if let named = surroundings.environment["ENTRYPOINT_CONFIG"] { return named }
    return places(surroundings).first { (try? fileStatus($0)) != nil }
  }

  private func places(_ surroundings: Surroundings) -> [String] {
    ConfigurationReader.searchPath(calledAs: ThisProcess.arguments.first ?? "", surroundings)
  }

  private func complainThatThereIsNone(_ surroundings: Surroundings) -> Int32 {
    let list = places(surroundings).joined(separator: ", ")
    printError(
      """
      Error: No config file found at default paths (\(list)); use the -c option to specify a \
      config file at a different path
      For help, use entrypoint -h

      """)
    return ExitCode.usage
  }

  private func start(_ configuration: Configuration) -> Int32 {
    var configuration = configuration
    var mode = Plan.Mode.everything
    if !command.isEmpty {
      mode = .command(unit: configuration.units.count, withSteps: !skipsSteps)
      configuration.units.append(.foregroundCommand(command))
    }
    let level = configuration.supervisor.logLevel
    return Supervise.supervise(
      Boot(
        configuration: configuration, mode: mode, environment: ThisProcess.environment,
        controlPath: ControlSocket.path(given: socket, configured: configuration.supervisor.control),
        narration: command.isEmpty ? level : .warning))
  }
}

extension Unit {
  /// A program that owns the terminal, is never started again, and whose code becomes ours.
  fileprivate static func foregroundCommand(_ arguments: [String]) -> Unit {
    let name = arguments.first ?? ""
    let process = Process(
      name: name, group: name, number: 0, commandLine: arguments.joined(separator: " "),
      execution: Execution(arguments: arguments))
    var program = Program(processes: [process])
    program.restart.automatic = .never
    program.restart.startSeconds = .zero
    program.restart.startRetries = 0
    program.onExit = .shutdown
    program.onFatal = .shutdown
    return Unit(name: name, work: .program(program))
  }
}
