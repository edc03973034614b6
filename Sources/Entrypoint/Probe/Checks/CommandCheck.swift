internal import Linux
internal import SuperviseCore

/// `exec:command`: passed by exit code 0, with the last line that the command wrote.
struct CommandCheck {
  let words: [String]
  let environment: [String]
  let deadline: Deadline
  /// The command belongs to the process group of this process. PID 1, which knows that group, then
  /// also ends what the command leaves behind, and learns whether SIGKILL does not end it.
  let joinsGroup: Bool
  /// The write end of a pipe (pipe(7)); the reader cancels the check by closing the read end. nil:
  /// only the deadline ends the check early. PID 1 uses no signal, because PID 1 without CAP_KILL
  /// cannot signal a process of another user.
  let cancellation: Int32?

  /// The pipe ends with the command, but not if something it left behind holds it open; so the
  /// command itself is asked after as often as this.
  private static let longestWait = Duration.milliseconds(20)
  /// For a killed process to be gone.
  private static let patience = Duration.seconds(1)
  private static let kill: Int32 = 9

  func verdict() -> Verdict {
    let name = words.first ?? ""
    switch findExecutable(name, searchPath: searchPath) {
    case .failure(let problem): return .failed(Self.words(problem))
    case .success(let path):
      do { return try run(path) } catch { return .failed("cannot be started: \(error.message)") }
    }
  }

  private var searchPath: String {
    let entry = environment.first { $0.hasPrefix("PATH=") }
    return entry.map { String($0.dropFirst(5)) } ?? "/usr/local/bin:/usr/bin:/bin"
  }

  private func run(_ path: String) throws(Errno) -> Verdict {
    let pipe = try makePipe(ownReader: true)
    let output = Descriptor(adopting: pipe.read)
    var reports = SpawnReports()
    let report = try reports.report(0)
    let pid = try start(path, writing: pipe.write, report)
    var tail = OutputTail()
    let how = wait(for: pid, reading: output.raw, &tail)
    if let failure = report.failure { throw failure.error }
    return judge(how, tail.lastLine)
  }

  private func start(
    _ path: String, writing pipe: Int32, _ report: SpawnReport
  ) throws(Errno) -> Int32 {
    let writeEnd = Descriptor(adopting: pipe)
    var recipe = Launch.Recipe(path: path, arguments: words, environment: environment)
    recipe.diesWithParent = true
    recipe.staysInGroup = joinsGroup
    return try Launch(recipe).start(
      .init(input: nil, output: writeEnd.raw, error: writeEnd.raw), report: report)
  }

  /// How it ended; nil if it had to be killed. Nothing of a group of its own is left afterwards.
  private func wait(
    for pid: Int32, reading output: Int32, _ tail: inout OutputTail
  ) -> EndedChild.How? {
    var how = ending(of: pid, by: deadline, or: cancellation, reading: output, &tail)
    let isLate = how == nil
    // Its zombie holds the number, so the group is still its own: also one that the command has
    // made itself, as timeout(1) does.
    try? sendSignal(Self.kill, toGroupLedBy: pid)
    // The command may have left the group that it has made, and in which its children are.
    try? sendSignal(Self.kill, toProcess: pid)
    if isLate { how = ending(of: pid, by: Deadline(after: Self.patience), reading: output, &tail) }
    tail.read(output)
    reap(pid)
    return isLate ? nil : how
  }

  /// How the command ended; nil: it has not ended by the limit, or the check was cancelled.
  private func ending(
    of pid: Int32, by limit: Deadline, or cancellation: Int32? = nil, reading output: Int32,
    _ tail: inout OutputTail
  ) -> EndedChild.How? {
    while true {
      if let child = peekEndedChild(pid) { return child.how }
      guard !limit.isOver else { return nil }
      // poll(2) ignores negative descriptors, and reports a write end once the read end is closed.
      let descriptors = [tail.isOver ? -1 : output, cancellation ?? -1]
      let wait = limit.within(Self.longestWait).milliseconds
      let reported = try? waitForAny(readable: descriptors, milliseconds: wait)
      if reported?[0] == true { tail.read(output) }
      if reported?[1] == true { return nil }
    }
  }

  private func judge(_ how: EndedChild.How?, _ line: String) -> Verdict {
    switch how {
    case .exited(code: 0): return .passed(line.isEmpty ? "exited with 0" : line)
    case .exited(let code): return failed("exited with \(code)", line)
    case .killed(let signal, _): return failed("was killed by signal \(signal)", line)
    case nil: return failed("did not end within \(deadline.limit.inWords)", line)
    }
  }

  private func failed(_ words: String, _ line: String) -> Verdict {
    .failed(line.isEmpty ? words : "\(words): \(line)")
  }

  private static func words(_ problem: ExecutableProblem) -> String {
    switch problem {
    case .notFound: "no such command"
    case .isDirectory: "is a directory"
    case .notExecutable: "is not executable"
    case .notPermitted: "no permission to run it"
    }
  }
}

/// The last line of an output of any length.
struct OutputTail {
  private var line: [UInt8] = []
  private var complete: [UInt8] = []
  /// Nobody can write to the pipe any more.
  private(set) var isOver = false
  private var buffer = [UInt8](repeating: 0, count: 4096)

  private static let mostKept = 400
  /// More than a pipe holds, and yet an end: what `yes` writes never has one.
  private static let mostReads = 32

  /// What is there now.
  mutating func read(_ raw: Int32) {
    for _ in 0..<Self.mostReads {
      guard let count = try? readBytes(raw, into: &buffer) else { return }
      isOver = count == 0
      guard !isOver else { return }
      add(buffer[..<count])
    }
  }

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        if !line.printable.isEmpty { complete = line }
        line = []
      } else if line.count < Self.mostKept {
        line.append(byte)
      }
    }
  }

  var lastLine: String { (line.printable.isEmpty ? complete : line).printable }
}
