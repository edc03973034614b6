internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SafeText
internal import SuperviseCore

/// All streams to the logger, and the way the output of each instance takes.
struct OutputTable {
  private(set) var streams: [OutputStream] = []
  /// Numbers that may be given away anew.
  private var vacancies: [Int] = []
  /// The logger has not been told of them.
  private var unopened: [Int] = []
  private var plans: [InstanceID: OutputPlan] = [:]
  /// Different in each run, for the names of AUTO files.
  private let run = monotonicNanoseconds()
  let directory: String
  private let identifier: String
  /// Where the main log goes, if the output of programs is copied there; else empty.
  let copies: [StreamDescription.Target]

  init(_ supervisor: Supervisor, copies: [StreamDescription.Target]) {
    self.copies = copies
    directory = supervisor.childLogDirectory ?? ThisProcess.variable("TMPDIR") ?? "/tmp"
    identifier = supervisor.identifier
  }

  /// More paths than any configuration has: an attacker who controls a logger could name more.
  private static let maxMadeFiles = 10_000
  /// The files that loggers have made at the paths of logs, for the next logger.
  private(set) var madeFiles: [String: FileNumber] = [:]

  mutating func noteMade(_ path: String, _ number: FileNumber?) {
    guard madeFiles[path] != nil || madeFiles.count < OutputTable.maxMadeFiles else { return }
    madeFiles[path] = number
  }

  /// It opens, makes or removes files, whether or not there are streams.
  var usesLoggerForFiles = false

  var needsLogger: Bool { !streams.isEmpty || usesLoggerForFiles }

  /// Made the first time, and the same ever after. Throws EMFILE and its kin.
  mutating func plan(
    for id: InstanceID, _ output: Output, _ owner: StreamOwner, readyText: String?
  ) throws(Errno) -> OutputPlan {
    if let plan = plans[id] { return plan }
    let stdout = try way(id, output, output.stdout, owner, readyText, isError: false)
    let stderr: OutputPlan.Way
    do throws(Errno) {
      stderr =
        output.redirectStderr
        ? stdout : try way(id, output, output.stderr, owner, readyText, isError: true)
    } catch {
      if case .piped(let number) = stdout { discard(number) }
      throw error
    }
    let plan = OutputPlan(stdout: stdout, stderr: stderr)
    plans[id] = plan
    return plan
  }

  private mutating func way(
    _ id: InstanceID, _ output: Output, _ stream: StreamOutput, _ owner: StreamOwner,
    _ readyText: String?, isError: Bool
  ) throws(Errno) -> OutputPlan.Way {
    // The events role shows what listeners write there.
    let copies = owner.isListener && !isError ? [] : copies
    let isWatched = readyText != nil || owner.stripsANSI || !copies.isEmpty
    if let way = output.way(stream, isWatched: isWatched) { return way }
    var description = output.description(
      stream, owner, automaticPath: automaticPath(owner.label, isError: isError),
      isError: isError)
    description.readyText = readyText ?? ""
    description.copies = copies
    return .piped(try add(description, id))
  }

  /// A stream of its own; used for the journal too.
  mutating func add(
    _ description: StreamDescription, _ instance: InstanceID?
  ) throws(Errno) -> Int {
    let pipe = try makePipe(ownReader: true)
    admitWriters(pipe.write)
    let stream = OutputStream(
      description: description, read: pipe.read, write: pipe.write, instance: instance)
    let number = vacancies.popLast() ?? streams.count
    if number == streams.count { streams.append(stream) } else { streams[number] = stream }
    unopened.append(number)
    return number
  }

  /// A stream that the logger has not been told of, and whose program is not started.
  private mutating func discard(_ number: Int) {
    closeDescriptor(streams[number].read)
    closeDescriptor(streams[number].write)
    (streams[number].isClosed, streams[number].isVacant) = (true, true)
    unopened.removeAll { $0 == number }
    vacancies.append(number)
  }

  mutating func takeUnopened() -> [Int] {
    defer { unopened = [] }
    return unopened
  }

  /// The logger has no use for its number any more.
  mutating func ended(_ stream: Int) {
    guard streams.indices.contains(stream), streams[stream].isClosed, !streams[stream].isVacant
    else { return }
    streams[stream].isVacant = true
    vacancies.append(stream)
  }

  /// What the logger says has gone through.
  mutating func note(_ count: StreamCount) {
    guard Int(count.stream) < streams.count else { return }
    streams[Int(count.stream)].count.read.take(count.read)
    streams[Int(count.stream)].count.dropped.take(count.dropped)
  }

  /// The streams this instance had; it will get new ones.
  mutating func forget(_ id: InstanceID) -> [Int] {
    guard let plan = plans.removeValue(forKey: id) else { return [] }
    for number in plan.numbers { streams[Int(number)].instance = nil }
    return plan.numbers.map(Int.init)
  }

  /// Whoever calls closes the two ends.
  mutating func close(_ stream: Int) -> OutputStream {
    streams[stream].isClosed = true
    return streams[stream]
  }

  /// The descriptor a program gets for this way; nil is /dev/null.
  func descriptor(_ way: OutputPlan.Way) -> Int32? {
    switch way {
    case .inherited(let number): number
    case .dropped: nil
    case .piped(let stream): streams[stream].write
    }
  }

  /// A process that is about to be started. What its predecessor has left in the pipes is counted
  /// here, since the logger may be behind: it reads on while we count, but knows when it did.
  func beginning(of numbers: [UInt32], pid: Int32) -> Beginning {
    let now = monotonicNanoseconds()
    let found = numbers.map { number in
      let unread = (try? unreadBytes(streams[Int(number)].read)) ?? 0
      return Beginning.Stream(number: number, unread: UInt32(clamping: unread))
    }
    return Beginning(streams: found, at: now, pid: pid)
  }

  /// The first file a stream is written to, for `tail`; nil: none.
  func path(_ output: Output, _ label: String, isError: Bool) -> String? {
    let isOwn = isError && !output.redirectStderr
    for target in (isOwn ? output.stderr : output.stdout).targets {
      switch target {
      case .file(let path): return path
      case .automatic: return automaticPath(label, isError: isOwn)
      case .descriptor, .syslog: break
      }
    }
    return nil
  }

  func numbers(of id: InstanceID) -> [UInt32] { plans[id]?.numbers ?? [] }

  /// supervisord's name for an AUTO file: `<name>-stdout---<identifier>-<8 random>.log`. The random
  /// part follows from the run and the name, so that it is the same whenever it is asked for.
  func automaticPath(_ label: String, isError: Bool) -> String {
    let name = label.fields(separatedBy: ":").last.map(String.init) ?? label
    let stream = isError ? "stderr" : "stdout"
    let sum = "\(label) \(stream)".utf8.reduce(run) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var random = RandomSource(seed: sum)
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let suffix = String((0..<8).map { _ in letters[Int(random.upTo(36))] })
    return "\(directory)/\(name)-\(stream)---\(identifier)-\(suffix).log"
  }
}
