internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// All streams to the logger, and the way the output of each instance takes.
struct OutputTable {
  private(set) var streams: [OutputStream] = []
  private var plans: [InstanceID: OutputPlan] = [:]
  private var automaticPaths: [String: String] = [:]
  private let directory: String
  private let identifier: String

  init(_ supervisor: Supervisor) {
    directory = supervisor.childLogDirectory ?? ThisProcess.variable("TMPDIR") ?? "/tmp"
    identifier = supervisor.identifier
  }

  var needsLogger: Bool { !streams.isEmpty }

  /// Made the first time, and the same ever after. Throws EMFILE and its kin.
  mutating func plan(
    for id: InstanceID, _ output: Output, label: String, readyText: String?
  ) throws(Errno) -> OutputPlan {
    if let plan = plans[id] { return plan }
    let stdout = try way(id, output, output.stdout, label, readyText, isError: false)
    let stderr =
      output.redirectStderr
      ? stdout : try way(id, output, output.stderr, label, readyText, isError: true)
    let plan = OutputPlan(stdout: stdout, stderr: stderr)
    plans[id] = plan
    return plan
  }

  private mutating func way(
    _ id: InstanceID, _ output: Output, _ stream: StreamOutput, _ label: String,
    _ readyText: String?, isError: Bool
  ) throws(Errno) -> OutputPlan.Way {
    if let way = output.way(stream, isWatched: readyText != nil) { return way }
    var description = output.description(
      stream, label: label, automaticPath: { path(label, $0) }, isError: isError)
    description.readyText = readyText ?? ""
    remember(description, label, isError)
    return .piped(try add(description, id))
  }

  /// A stream of its own; used for the journal too.
  mutating func add(
    _ description: StreamDescription, _ instance: InstanceID?
  ) throws(Errno) -> Int {
    let pipe = try makePipe()
    streams.append(
      OutputStream(
        description: description, read: pipe.read, write: pipe.write, instance: instance))
    return streams.count - 1
  }

  /// The descriptor a program gets for this way; nil is /dev/null.
  func descriptor(_ way: OutputPlan.Way) -> Int32? {
    switch way {
    case .inherited(let number): number
    case .dropped: nil
    case .piped(let stream): streams[stream].write
    }
  }

  /// The first file a stream of this instance is written to, for `tail`.
  func path(of id: InstanceID, isError: Bool) -> String? {
    let found =
      streams.first { $0.instance == id && $0.description.isError == isError }
      ?? streams.first { $0.instance == id && plans[id]?.stdout == plans[id]?.stderr }
    for case .file(let path) in found?.description.targets ?? [] { return path }
    return nil
  }

  func numbers(of id: InstanceID) -> [UInt32] { plans[id]?.numbers ?? [] }

  /// supervisord's name for an AUTO file: `<name>-stdout---<identifier>-<8 random>.log`.
  private func path(_ label: String, _ stream: String) -> String {
    if let path = automaticPaths["\(label)-\(stream)"] { return path }
    var random = RandomSource(seed: monotonicNanoseconds() ^ UInt64(automaticPaths.count))
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let suffix = String((0..<8).map { _ in letters[Int(random.upTo(36))] })
    let name = label.split(separator: ":").last.map(String.init) ?? label
    return "\(directory)/\(name)-\(stream)---\(identifier)-\(suffix).log"
  }

  private mutating func remember(
    _ description: StreamDescription, _ label: String, _ isError: Bool
  ) {
    guard description.isPrivate else { return }
    for case .file(let path) in description.targets {
      automaticPaths["\(label)-\(isError ? "stderr" : "stdout")"] = path
    }
  }
}
