import Command
import Linux
import ProgramSpec
import Supervise
import SuperviseCore

/// `entrypoint run`: reads the configuration, says what is wrong with it, and supervises.
struct Run {
  private let invocation: Invocation
  /// Runs in the foreground instead of the programs; empty: the programs.
  private let command: [String]

  init(_ invocation: Invocation, _ command: [String]) {
    self.invocation = invocation
    self.command = command
  }

  /// The code to exit with.
  func supervise() -> Int32 {
    FaultHandler.protectSupervisor()
    if ThisProcess.isInit || Boot.isAgain { endWhileReading() }
    let host = StartingHost(calledAs: .entrypoint)
    let given = invocation.configurationPath ?? host.configurationPath
    guard let path = ConfigurationPlace.find(given: given, host.plain) else {
      // As an init for one command it needs no configuration.
      guard command.isEmpty else { return start(Configuration(), host) }
      printError(ConfigurationPlace.complaint)
      return ExitCode.usage
    }
    let source = ConfigurationSource(path: path, surroundings: host.surroundings)
    let reading = command.isEmpty && !Boot.isAgain ? source.check() : source.read()
    for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
    guard let configuration = reading.configuration else {
      printError("For help, use entrypoint -h\n")
      return ExitCode.usage
    }
    if !Boot.isAgain, !configuration.supervisor.silent { mention(reading) }
    return start(configuration, host, ConfigurationSource(path: path, surroundings: host.plain))
  }

  /// That there is advice, once and in one line: whoever wants it asks for it.
  private func mention(_ reading: ConfigurationReader.Reading) {
    let names = reading.adviceNames
    guard !names.isEmpty else { return }
    let count = reading.advice.count
    let place = invocation.configurationPath.map { " -c \($0)" } ?? ""
    printError(
      "entrypoint: \(count) piece\(count == 1 ? "" : "s") of advice "
        + "(\(names.joined(separator: ", "))): see entrypoint check\(place)\n")
  }

  private func start(
    _ configuration: Configuration, _ host: StartingHost, _ source: ConfigurationSource? = nil
  ) -> Int32 {
    var configuration = configuration
    var mode = Plan.Mode.everything
    if !command.isEmpty {
      mode = .command(unit: configuration.units.count, withSteps: !invocation.skipsSteps)
      configuration.units.append(
        .foregroundCommand(command, configuration.supervisor.environment))
    }
    let level = configuration.supervisor.logLevel
    var boot = Boot(
      configuration: configuration, mode: mode, environment: Boot.inheritedEnvironment,
      controlPath: ControlSocket.path(
        given: invocation.socket, configured: configuration.supervisor.control),
      narration: command.isEmpty ? level : .warning)
    boot.source = source
    boot.facts = host.facts(for: configuration, boot.environment)
    boot.console = configuration.supervisor.console(2)
    return Supervise.supervise(boot)
  }
}

extension Unit {
  /// A program that owns the terminal, is never started again, and whose code becomes ours.
  fileprivate static func foregroundCommand(
    _ arguments: [String], _ common: VariableSet
  ) -> Unit {
    let name = arguments.first ?? ""
    var execution = Execution(arguments: arguments)
    execution.environment.common = common
    let process = Process(
      name: name, group: name, number: 0, commandLine: arguments.joined(separator: " "),
      execution: execution)
    var program = Program(processes: [process])
    program.restart.automatic = .never
    program.restart.startSeconds = .zero
    program.restart.startRetries = 0
    program.onExit = .shutdown
    program.onFatal = .shutdown
    return Unit(name: name, work: .program(program))
  }
}

extension Supervisor {
  /// Where the main log is shown: a log file that is the container's own descriptor is the console.
  func console(_ standard: Int32) -> Int32? {
    if case .descriptor(let number)? = logFile { return number }
    return silent ? nil : standard
  }
}
