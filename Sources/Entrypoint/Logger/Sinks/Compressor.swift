internal import Linux

/// Rotated files on their way through gzip(1), one at a time and at the lowest priority, in a
/// process of its own: whether it is slow, stuck or not there, lines are written meanwhile.
struct Compressor {
  private static let command = "gzip"
  private static let kill: Int32 = 9
  private static let lowestPriority: Int32 = 19
  /// RLIMIT_CPU and its signal: getrlimit(2).
  private static let processorTime: Int32 = 0
  private static let processorTimeUsed: Int32 = 24
  /// In bytes: a smaller file is compressed in no time, sparse or not.
  private static let largestSparse: Int64 = 1 << 30
  /// In seconds, for a file that occupies nothing.
  private static let shortestTime: UInt64 = 5
  /// What gzip compresses in a second at the least.
  private static let bytesPerSecond: Int64 = 1 << 20

  private struct Job {
    var backups: Backups
    var source: FileStatus
    var pid: Int32
    /// What it says, in case it fails.
    var said: Int32

    func removeUnfinished() {
      try? backups.directory().remove(Backups.name(backups.unfinished))
    }
  }

  private var job: Job?
  /// Logs that may have a file to be compressed.
  private var waiting: [Backups] = []
  private var reports = SpawnReports()
  /// Said once, until it works again.
  private var complaint: String?

  var canStart: Bool { job == nil && !waiting.isEmpty }

  mutating func add(_ backups: Backups) {
    guard backups.areCompressed, backups.count > 0, !waiting.contains(backups) else { return }
    waiting.append(backups)
  }

  /// Starts on the next file there is; tells which one cannot be compressed, and why.
  mutating func start() -> (path: String, reason: String)? {
    while canStart {
      let backups = waiting.removeFirst()
      guard let directory = try? backups.directory() else { continue }
      guard let number = backups.firstPlain(in: directory) else {
        // A logger that was killed has left it.
        try? directory.remove(Backups.name(backups.unfinished))
        continue
      }
      guard let reason = start(backups, number, in: directory) else { return nil }
      if let news = complain(reason) { return (backups.plain(number), news) }
    }
    return nil
  }

  /// After SIGCHLD. A file that could not be compressed is tried again when its log is rotated.
  mutating func end() -> (path: String, reason: String)? {
    guard let job, let child = peekEndedChild(job.pid) else { return nil }
    let reason = failure(of: job, child.how)
    reap(job.pid)
    closeDescriptor(job.said)
    self.job = nil
    guard let reason else {
      complaint = nil
      add(job.backups)
      return nil
    }
    job.removeUnfinished()
    let number = (try? job.backups.directory()).flatMap {
      job.backups.number(of: job.source, in: $0)
    }
    return complain(reason).map { (number.map(job.backups.plain) ?? job.backups.path, $0) }
  }

  /// At the end of the logger: the file stays as it is, and is compressed by the next.
  mutating func abandon() {
    guard let job else { return }
    try? sendSignal(Compressor.kill, toProcess: job.pid)
    job.removeUnfinished()
  }

  private mutating func complain(_ reason: String) -> String? {
    defer { complaint = reason }
    return complaint == reason ? nil : reason
  }

  /// Returns why it cannot.
  private mutating func start(
    _ backups: Backups, _ number: Int, in directory: SafeDirectory
  ) -> String? {
    guard
      let path = findTrustedExecutable(Compressor.command, searchPath: ThisProcess.searchPath)
    else { return "there is no gzip in PATH that only root may change" }
    do throws(PathProblem) {
      let opened = try directory.open(Backups.name(backups.plain(number)), .read)
      let source = Descriptor(adopting: opened.descriptor)
      if let objection = Compressor.objection(to: opened.status) { return objection }
      job = try launch(path, backups, opened.status, source.raw, in: directory)
      return nil
    } catch {
      try? directory.remove(Backups.name(backups.unfinished))
      return error.message
    }
  }

  private mutating func launch(
    _ path: String, _ backups: Backups, _ log: FileStatus, _ source: Int32,
    in directory: SafeDirectory
  ) throws(PathProblem) -> Job {
    let unfinished = Backups.name(backups.unfinished)
    try? directory.remove(unfinished)
    let created = try directory.create(unfinished, .write, mode: 0o600)
    let target = Descriptor(adopting: created.descriptor)
    Compressor.admitReaders(of: log, to: target.raw, created.status)
    do throws(Errno) {
      return try launch(path, backups, log, source, target.raw)
    } catch {
      throw .system(error)
    }
  }

  /// The compressed file is for the same readers as the log. One that was made with the rights of a
  /// user stays that user's: with root as its owner, and a mode that the user has chosen, it would
  /// be a file of root with the user's bytes. The bits that give a program other rights than its
  /// caller's are never copied.
  static func admitReaders(of log: FileStatus, to raw: Int32, _ made: FileStatus) {
    var mode = log.mode & 0o777
    if made.user == 0 {
      try? changeOwner(of: raw, user: log.user, group: log.group)
    } else if made.group != log.group {
      mode &= ~0o070
    }
    try? changeMode(of: raw, mode)
  }

  private mutating func launch(
    _ path: String, _ backups: Backups, _ status: FileStatus, _ source: Int32, _ target: Int32
  ) throws(Errno) -> Job {
    let pipe = try makePipe(ownReader: true)
    let writeEnd = Descriptor(adopting: pipe.write)
    var recipe = Launch.Recipe(
      path: path, arguments: [Compressor.command, "-c"],
      environment: ["PATH=\(ThisProcess.searchPath)"])
    recipe.diesWithParent = true
    recipe.nice = Compressor.lowestPriority
    let seconds = Compressor.timeLimit(for: status)
    recipe.limits = [(Compressor.processorTime, seconds, seconds + 1)]
    let streams = Launch.Streams(input: source, output: target, error: writeEnd.raw)
    do throws(Errno) {
      let pid = try Launch(recipe).start(streams, report: try reports.report(0))
      return Job(backups: backups, source: status, pid: pid, said: pipe.read)
    } catch {
      closeDescriptor(pipe.read)
      throw error
    }
  }

  /// Why gzip is not started on a file; nil: it is. A FIFO would keep it waiting. A sparse file of
  /// terabytes, which a user makes out of nothing, would keep it busy while other logs wait; no
  /// file system compresses a log to a sixty-fourth.
  static func objection(to file: FileStatus) -> String? {
    guard file.kind == .regular else { return "it is not a regular file" }
    guard file.size > largestSparse, file.allocated < file.size / 64 else { return nil }
    return "it is a sparse file"
  }

  /// The processor time that gzip gets for a file, in seconds, by what it occupies on the disk.
  static func timeLimit(for file: FileStatus) -> UInt64 {
    shortestTime + UInt64(max(0, file.allocated) / bytesPerSecond)
  }

  /// nil once the compressed file has taken the plain one's place. One that has been rotated out
  /// meanwhile is nobody's any more.
  private mutating func failure(of job: Job, _ how: EndedChild.How) -> String? {
    if let failure = try? reports.report(0).failure { return failure.error.message }
    let words = Compressor.words(job.said)
    switch how {
    case .exited(code: 0): break
    case .exited(let code): return "gzip ended with \(code)\(words)"
    case .killed(Compressor.processorTimeUsed, _):
      return "gzip was stopped, since it took longer than a file of this size on the disk needs"
    case .killed(let signal, _): return "gzip was killed by signal \(signal)\(words)"
    }
    do throws(PathProblem) {
      let directory = try job.backups.directory()
      guard let number = job.backups.number(of: job.source, in: directory) else {
        job.removeUnfinished()
        return nil
      }
      try job.backups.finish(number, in: directory)
      return nil
    } catch {
      return error.message
    }
  }

  /// The first line that is not empty, after a colon.
  private static func words(_ descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 400)
    guard let count = try? readBytes(descriptor, into: &buffer) else { return "" }
    let line = buffer[..<count].drop { $0 <= 0x20 }.prefix { $0 >= 0x20 && $0 != 0x7F }
    return line.isEmpty ? "" : ": \(String(decoding: line, as: UTF8.self))"
  }
}
