import Command
import Linux
import ProgramSpec
import Supervise

/// The host as the configuration is read before PID 1's loop.
///
/// At the first start that is the host itself. After a reload the answers are those that the reader
/// has recorded, so that a disk that hangs by now cannot keep PID 1 from beginning again; only a
/// question that the reader did not ask goes to the host.
struct StartingHost {
  /// Records every answer.
  let surroundings: Surroundings
  /// The host without records, for PID 1 to keep.
  let plain: Surroundings
  private let recorder = HostRecorder()
  private let record: HostRecord?

  init(calledAs name: Surroundings.CalledAs) {
    let host = Surroundings.real(calledAs: name)
    plain = host
    record = Boot.recordedHost
    let answering = record.map { $0.replayed(like: host, else: host) } ?? host
    surroundings = recorder.recording(answering)
  }

  /// Where the reader found the configuration; nil at the first start.
  var configurationPath: String? {
    guard case .text(let path)? = record?[.configurationPath] else { return nil }
    return path
  }

  /// What PID 1 needs to start the programs of this configuration.
  func facts(for configuration: Configuration, _ environment: [String]) -> HostRecord {
    let queries = LaunchQueries(environment: environment)
    for query in queries.queries(of: configuration) where recorder.record[query] == nil {
      _ = surroundings.answer(query)
    }
    return recorder.record.aboutStarting
  }
}
