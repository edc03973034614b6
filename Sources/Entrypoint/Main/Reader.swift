import Command
import Linux
import ProgramSpec

/// `entrypoint: reader PATH WHO DIRECTORY SECTION KEY VALUE…`: reads the configuration before PID 1
/// does, and says what is wrong with it on stdout.
enum Reader {
  /// Of reading, in seconds: a dead network disk must not keep `update` waiting for ever.
  private static let limit: UInt32 = 60

  static func main(_ arguments: [String]) -> Int32 {
    ThisProcess.setTitle("entrypoint: reader")
    guard arguments.count >= 3 else { return ExitCode.usage }
    ThisProcess.setAlarm(seconds: limit)
    var source = ConfigurationSource(
      path: arguments[0],
      surroundings: .real(
        calledAs: arguments[1] == "supervisord" ? .supervisord : .entrypoint,
        startedIn: arguments[2]))
    for index in stride(from: 3, to: arguments.count - 2, by: 3) {
      source.overrides.append(
        .init(
          section: arguments[index], key: arguments[index + 1], value: arguments[index + 2],
          option: arguments[index + 1]))
    }
    let reading = source.read()
    guard reading.configuration == nil else { return ExitCode.success }
    let errors = reading.diagnostics.filter { $0.severity == .error }.map { "\($0)\n" }
    printOut(whatFits(errors))
    return ExitCode.usage
  }

  /// PID 1 listens once we have ended: what a pipe does not hold we would wait with for ever.
  private static func whatFits(_ errors: [String]) -> String {
    var room = pipeAtomicSize - 64
    let fitting = errors.prefix { error in
      room -= error.utf8.count
      return room >= 0
    }
    if let first = errors.first, fitting.isEmpty {
      return String(decoding: first.utf8.prefix(pipeAtomicSize - 64), as: UTF8.self)
    }
    let rest = errors.count - fitting.count
    return fitting.joined() + (rest == 0 ? "" : "and \(rest) more: see entrypoint check\n")
  }
}
