import Command
import Linux
import ProgramSpec

/// `entrypoint: reader PATH WHO SECTION KEY VALUE…`: reads the configuration before PID 1 does, and
/// says what is wrong with it on stdout.
enum Reader {
  static func main(_ arguments: [String]) -> Int32 {
    ThisProcess.setTitle("entrypoint: reader")
    guard arguments.count >= 2 else { return ExitCode.usage }
    var source = ConfigurationSource(
      path: arguments[0],
      surroundings: .real(calledAs: arguments[1] == "supervisord" ? .supervisord : .entrypoint))
    for index in stride(from: 2, to: arguments.count - 2, by: 3) {
      source.overrides.append(
        .init(
          section: arguments[index], key: arguments[index + 1], value: arguments[index + 2],
          option: arguments[index + 1]))
    }
    let reading = source.read()
    guard reading.configuration == nil else { return ExitCode.success }
    for diagnostic in reading.diagnostics where diagnostic.severity == .error {
      printOut("\(diagnostic)\n")
    }
    return ExitCode.usage
  }
}
