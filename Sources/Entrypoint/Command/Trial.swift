internal import Linux

/// A supervisor of our own, started for a trial in a directory of its own.
struct Trial: ~Copyable {
  let socket: String
  private let directory: String
  private let configurationPath: String?
  private var pid: Int32?
  private var code: Int32?

  /// nil where no directory can be made.
  init?(_ configurationPath: String?) {
    directory = "/tmp/\(temporaryName())"
    guard (try? makeDirectory(directory, mode: 0o700)) != nil else { return nil }
    socket = "\(directory)/control.sock"
    self.configurationPath = configurationPath
  }

  /// What the programs and the supervisor have said, of which the end is shown.
  var output: String {
    let bytes = (try? readFile("\(directory)/output")) ?? []
    return String(decoding: bytes.suffix(16 << 10), as: UTF8.self)
  }

  mutating func start() -> Bool {
    var arguments = ["entrypoint", "run", "-s", socket]
    if let configurationPath { arguments += ["-c", configurationPath] }
    let recipe = Launch.Recipe(
      path: ThisProcess.ownExecutable, arguments: arguments, environment: ThisProcess.environment)
    var reports = SpawnReports()
    guard let file = try? openFile("\(directory)/output", [.write, .create, .append]),
      let report = try? reports.report(0)
    else { return false }
    defer { closeDescriptor(file) }
    pid = try? Launch(recipe).start(.init(input: nil, output: file, error: file), report: report)
    return pid != nil
  }

  mutating func hasEnded() -> Bool {
    guard let pid, code == nil else { return true }
    guard let child = peekEndedChild(), child.pid == pid else { return false }
    switch child.how {
    case .exited(let code): self.code = code
    case .killed(let signal, _): code = 128 + signal
    }
    reap(pid)
    return true
  }

  /// Tells it to stop, and kills it when it does not; nil then.
  mutating func stop() -> Int32? {
    if !hasEnded(), let pid { try? sendSignal(15, toProcess: pid) }
    let deadline = monotonicNanoseconds() + 60_000_000_000
    while !hasEnded() {
      guard monotonicNanoseconds() < deadline else {
        if let pid { try? sendSignal(9, toProcess: pid) }
        return nil
      }
      pauseFor(milliseconds: 5)
    }
    return code
  }

  func cleanUp() {
    for name in (try? listDirectory(directory)) ?? [] { try? removeFile("\(directory)/\(name)") }
    try? removeDirectory(directory)
  }
}
