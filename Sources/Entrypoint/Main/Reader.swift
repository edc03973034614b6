import Command
import Linux
import ProgramSpec
import Supervise

/// `entrypoint: reader PATH WHO DIRECTORY CREDENTIALS SECTION KEY VALUE…`: reads the configuration
/// before PID 1 does, and says what is wrong with it on stdout. What it asked the host, and the
/// answers, it leaves to PID 1 in a `MemoryFile`.
enum Reader {
  static func main(_ arguments: [String]) -> Int32 {
    ThisProcess.setTitle("entrypoint: reader")
    guard arguments.count >= 4, let credentials = Credentials(word: arguments[3]) else {
      return ExitCode.usage
    }
    // A dead network disk must not keep `update` waiting for ever.
    ThisProcess.setAlarm(seconds: ReadingLimit.reader)
    var host = Surroundings.real(
      calledAs: arguments[1] == "supervisord" ? .supervisord : .entrypoint,
      startedIn: arguments[2])
    // Those of PID 1, which starts the programs.
    host.credentials = credentials
    let recorder = HostRecorder()
    var source = ConfigurationSource(path: arguments[0], surroundings: recorder.recording(host))
    for index in stride(from: 4, to: arguments.count - 2, by: 3) {
      source.overrides.append(
        .init(
          section: arguments[index], key: arguments[index + 1], value: arguments[index + 2],
          option: arguments[index + 1]))
    }
    let reading = source.read()
    guard let configuration = reading.configuration else {
      let errors = reading.diagnostics.filter { $0.severity == .error }.map { "\($0)\n" }
      printOut(whatFits(errors))
      return ExitCode.usage
    }
    recorder.note(.configurationPath, .text(arguments[0]))
    for query in LaunchQueries(environment: ThisProcess.environment).queries(of: configuration) {
      _ = source.surroundings.answer(query)
    }
    return hand(over: recorder.record)
  }

  private static func hand(over record: HostRecord) -> Int32 {
    let bytes = record.encoded
    guard bytes.count <= HostRecord.maxBytes else {
      printOut("the configuration and the files it names take more than 64 MiB\n")
      return ExitCode.usage
    }
    guard let file = MemoryFile(adopting: MemoryFile.roleDescriptor) else { return ExitCode.usage }
    do throws(Errno) { try file.replace(with: bytes) } catch {
      printOut("cannot hand over what was read: \(error.message)\n")
      return ExitCode.usage
    }
    return ExitCode.success
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
