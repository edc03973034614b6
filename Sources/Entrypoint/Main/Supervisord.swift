import Command
import Linux
import ProgramSpec
import Supervise
import SuperviseCore
import Supervisord

/// The binary under the name `supervisord`: its arguments, its search path, its defaults.
enum SupervisordProgram {
  static func main(_ words: [String]) -> Int32 {
    let name = ThisProcess.calledAs
    switch SupervisordArguments.parse(words) {
    case .failure(let mistake): return refuse(mistake, name)
    case .success(let arguments):
      switch arguments.wish {
      case .help: printOut(SupervisordHelp.text(calledAs: name))
      case .version: printOut("\(SupervisordHelp.compatibleVersion)\n")
      case .run: return run(arguments, name)
      }
      return ExitCode.success
    }
  }

  private static func refuse(_ mistake: SupervisordMistake, _ name: String) -> Int32 {
    printError(mistake.text(calledAs: name))
    return ExitCode.usage
  }

  private static func run(_ arguments: SupervisordArguments, _ name: String) -> Int32 {
    FaultHandler.protectSupervisor()
    if ThisProcess.isInit || Boot.isAgain { endWhileReading() }
    let host = StartingHost(calledAs: .supervisord)
    // Of a user supervisord says only behind all else that there is none.
    let mistaken = ConfigurationReader.check(
      arguments.overrides.filter { $0.key != "user" }, in: host.surroundings)
    if let first = mistaken.first {
      return refuse(SupervisordMistake(message: "\(first)"), name)
    }
    if arguments.configurationPath == nil { warnOfSearching(name) }
    let places = ConfigurationReader.searchPath(calledAs: name).dropLast()
    let given = arguments.configurationPath ?? host.configurationPath
    let found = given ?? places.first { (try? fileStatus($0)) != nil }
    guard let path = found else {
      let list = places.joined(separator: ", ")
      return refuse(
        SupervisordMistake(
          message: "No config file found at default paths (\(list)); use the -c option to specify "
            + "a config file at a different path"), name)
    }
    guard Boot.isAgain || (try? fileStatus(path)) != nil else {
      return refuse(SupervisordMistake(message: "could not find config file \(path)"), name)
    }
    let source = ConfigurationSource(
      path: path, surroundings: host.surroundings, overrides: arguments.overrides)
    let reading = source.read()
    guard let configuration = reading.configuration else {
      let errors = reading.diagnostics.filter { $0.severity == .error }.map { "\($0)" }
      return refuse(SupervisordMistake(message: errors.joined(separator: "\n")), name)
    }
    for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
    let kept = ConfigurationSource(
      path: path, surroundings: host.plain, overrides: arguments.overrides)
    return supervise(configuration, host, kept)
  }

  /// supervisord's words, as Python shows a warning.
  private static func warnOfSearching(_ name: String) {
    guard ThisProcess.effectiveUser == 0, !Boot.isAgain else { return }
    printError("\(name): UserWarning: \(SupervisordHelp.searchWarning)\n")
  }

  private static func supervise(
    _ configuration: Configuration, _ host: StartingHost, _ source: ConfigurationSource
  ) -> Int32 {
    let supervisor = configuration.supervisor
    var boot = Boot(
      configuration: configuration, mode: .everything, environment: Boot.inheritedEnvironment,
      controlPath: ControlSocket.path(given: nil, configured: supervisor.control),
      narration: supervisor.logLevel)
    boot.source = source
    boot.facts = host.facts(for: configuration, boot.environment)
    boot.becomesDaemon = !supervisor.nodaemon && !Boot.isAgain
    boot.console = supervisor.console(1)
    if !supervisor.nodaemon { boot.console = nil }
    return Supervise.supervise(boot)
  }
}
