import Command
import Linux
import ProgramSpec
import Supervise
import SuperviseCore
import Supervisord

/// The binary under the name `supervisord`: its arguments, its search path, its defaults.
enum SupervisordProgram {
  static func main(_ words: [String], calledAs name: String) -> Int32 {
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
    let surroundings = Surroundings.real(calledAs: .supervisord)
    let places = ConfigurationReader.searchPath(calledAs: name, surroundings).dropLast()
    let found = arguments.configurationPath ?? places.first { (try? fileStatus($0)) != nil }
    guard let path = found else {
      let list = places.joined(separator: ", ")
      return refuse(
        SupervisordMistake(
          message: "No config file found at default paths (\(list)); use the -c option to specify "
            + "a config file at a different path"), name)
    }
    guard (try? fileStatus(path)) != nil else {
      return refuse(SupervisordMistake(message: "could not find config file \(path)"), name)
    }
    let source = ConfigurationSource(
      path: path, surroundings: surroundings, overrides: arguments.overrides)
    let reading = source.read()
    guard let configuration = reading.configuration else {
      let errors = reading.diagnostics.filter { $0.severity == .error }.map { "\($0)" }
      return refuse(SupervisordMistake(message: errors.joined(separator: "\n")), name)
    }
    for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
    return supervise(configuration, source)
  }

  private static func supervise(
    _ configuration: Configuration, _ source: ConfigurationSource
  ) -> Int32 {
    let supervisor = configuration.supervisor
    var boot = Boot(
      configuration: configuration, mode: .everything, environment: Boot.inheritedEnvironment,
      controlPath: ControlSocket.path(given: nil, configured: supervisor.control),
      narration: supervisor.logLevel)
    boot.source = source
    boot.becomesDaemon = !supervisor.nodaemon && !Boot.isAgain
    boot.console = supervisor.console(1)
    if !supervisor.nodaemon { boot.console = nil }
    return Supervise.supervise(boot)
  }
}
