import Command
import Linux
import ProgramSpec

/// `entrypoint: reader PATH WHO KEY VALUE…`: reads the configuration before PID 1 does, and says
/// what is wrong with it on stdout.
enum Reader {
  static func main(_ arguments: [String]) -> Int32 {
    ThisProcess.setTitle("entrypoint: reader")
    guard arguments.count >= 2 else { return ExitCode.usage }
    var source = ConfigurationSource(
      path: arguments[0],
      surroundings: .real(calledAs: arguments[1] == "supervisord" ? .supervisord : .entrypoint))
    for index in stride(from: 2, to: arguments.count - 1, by: 2) {
      source.overrides.append(
        .init(key: arguments[index], value: arguments[index + 1], option: arguments[index]))
    }
    let reading = source.read()
    guard reading.configuration == nil else { return ExitCode.success }
    for diagnostic in reading.diagnostics where diagnostic.severity == .error {
      printOut("\(diagnostic)\n")
    }
    return ExitCode.usage
  }
}
