internal import Linux
internal import LoggerProtocol

/// A place that cannot be written to.
struct LogFailure: Equatable {
  var path: String
  var problem: PathProblem
  /// Its lines go to the container's stderr until it can be opened.
  var isDetoured = false
}

/// Everything that is written to, each once, however many streams share it.
struct SinkTable {
  enum Place: Hashable {
    case file(Int)
    case outlet(Int)
  }

  private var files: [LogFile] = []
  private var fileIndices: [String: Int] = [:]
  private var outlets: [Outlet] = []
  private var detours = DetourTexts()
  private var made = MadeFiles()
  /// How many streams write there.
  private var writers: [Place: Int] = [:]
  private var syslog = SyslogSocket()
  /// Sentences for the main log that have not been taken yet.
  private var warnings: [(path: String, text: String)] = []
  var compressor = Compressor()

  /// nil for syslog, which is no place that anything waits for.
  mutating func place(
    _ target: StreamDescription.Target, _ description: StreamDescription
  ) -> Place? {
    switch target {
    case .file(let path):
      if let index = fileIndices[path] {
        // A program that comes back may have other settings by now. Without writers it is closed.
        let isClosed = writers[.file(index), default: 0] == 0 && !files[index].isStuck
        if isClosed {
          files[index] = LogFile(path, description)
        } else {
          files[index].admit(description)
        }
        return .file(index)
      }
      fileIndices[path] = files.count
      files.append(LogFile(path, description))
      return .file(files.count - 1)
    case .descriptor(let number): return .outlet(outlet(number))
    case .syslog: return nil
    }
  }

  private mutating func outlet(_ number: Int32) -> Int {
    if let index = outlets.firstIndex(where: { $0.descriptor == number }) { return index }
    outlets.append(Outlet(number))
    return outlets.count - 1
  }

  /// The place itself, or the outlet to which a file's lines make a detour.
  func actual(_ place: Place) -> Place {
    guard case .file(let index) = place, let number = files[index].detour.descriptor,
      let outlet = outlets.firstIndex(where: { $0.descriptor == number })
    else { return place }
    return .outlet(outlet)
  }

  /// Another stream writes to it.
  mutating func prepare(_ place: Place) -> LogFailure? {
    writers[place, default: 0] += 1
    guard case .file(let index) = place else { return nil }
    let failure = files[index].prepare()
    compressor.add(files[index].backups)
    return failed(index, failure)
  }

  /// The path and the problem, the first time a file cannot be written.
  mutating func write(
    _ bytes: [UInt8], to place: Place, of origin: LogOrigin
  ) -> LogFailure? {
    switch place {
    case .outlet(let index):
      outlets[index].write(bytes)
      return nil
    case .file(let index):
      // A file that can be written again gets the line from its beginning.
      let head = files[index].isAvoided ? [] : detours.takeHead(of: origin, index)
      return write(head.isEmpty ? bytes : head + bytes, toFile: index, of: origin)
    }
  }

  private mutating func write(
    _ bytes: [UInt8], toFile index: Int, of origin: LogOrigin
  ) -> LogFailure? {
    let failure = files[index].write(bytes)
    noteRotation(index)
    detour(index, bytes, origin)
    return failed(index, failure)
  }

  /// The stream has ended, or its process: the end of a line that took the detour never comes.
  mutating func finish(_ place: Place, of origin: LogOrigin) -> LogFailure? {
    guard case .file(let index) = place else { return nil }
    let head = files[index].isAvoided ? [] : detours.takeHead(of: origin, index)
    let failure = head.isEmpty ? nil : write(head, toFile: index, of: origin)
    let rest = detours.finish(origin, index)
    if !rest.isEmpty, let number = files[index].detour.descriptor {
      outlets[outlet(number)].write(rest)
    }
    return failure
  }

  /// It is another day: those that are rotated daily are, but for one in the middle of a line.
  mutating func turn(to day: Int, clockWasSet: Bool) -> [LogFailure] {
    files.indices.compactMap { index in
      let failure = files[index].turn(to: day, clockWasSet: clockWasSet)
      noteRotation(index)
      return failed(index, failure)
    }
  }

  private mutating func failed(_ index: Int, _ problem: PathProblem?) -> LogFailure? {
    note(index)
    return problem.map {
      LogFailure(path: files[index].path, problem: $0, isDetoured: files[index].detour.isTaken)
    }
  }

  private mutating func note(_ index: Int) {
    warnings += files[index].takeWarnings().map { (files[index].path, $0) }
    guard let opened = files[index].takeOpened() else { return }
    made.noteOpened(files[index].path, opened.number, isNew: opened.isNew)
  }

  mutating func takeWarnings() -> [(path: String, text: String)] {
    defer { warnings = [] }
    return warnings
  }

  /// What PID 1 has to tell the next logger.
  mutating func takeMadeFiles() -> [MadeFiles.Entry] { made.takeNews() }

  /// What the file did not take.
  private mutating func detour(_ index: Int, _ bytes: [UInt8], _ origin: LogOrigin) {
    guard let number = files[index].detour.descriptor else { return }
    let count = files[index].takeDetoured()
    guard !files[index].detour.isTrusted else {
      let rest = count == bytes.count ? bytes : Array(bytes.suffix(count))
      return outlets[outlet(number)].write(rest)
    }
    let lines = detours.lines(bytes.suffix(count), of: origin, instead: index)
    if !lines.isEmpty { outlets[outlet(number)].write(lines) }
  }

  private mutating func noteRotation(_ index: Int) {
    if files[index].takeRotation() { compressor.add(files[index].backups) }
  }

  /// The same for lines to syslog.
  mutating func send(_ messages: [[UInt8]]) -> LogFailure? {
    syslog.send(messages).map { LogFailure(path: syslog.path, problem: .system($0)) }
  }

  /// Bytes that were lost there since this was last asked.
  mutating func takeDropped(_ place: Place) -> UInt64 {
    switch place {
    case .outlet(let index): outlets[index].takeDropped()
    case .file(let index): files[index].takeDropped()
    }
  }

  /// The same of what was to go to syslog.
  mutating func takeUnsent() -> UInt64 { syslog.takeDropped() }

  /// Whether something waits for its reader.
  func isStuck(_ place: Place) -> Bool {
    switch actual(place) {
    case .outlet(let index): outlets[index].isStuck
    case .file(let index): files[index].isStuck
    }
  }

  /// To be watched while it is stuck; nil for a file that is closed.
  func descriptor(_ place: Place) -> Int32? {
    switch actual(place) {
    case .outlet(let index): outlets[index].descriptor
    case .file(let index): files[index].descriptor
    }
  }

  mutating func flush(_ place: Place) {
    switch actual(place) {
    case .outlet(let index): outlets[index].flush()
    case .file(let index): files[index].flush()
    }
  }

  mutating func reopen() -> [LogFailure] {
    files.indices.compactMap { index in
      let problem = files[index].reopen()
      return failed(index, problem)
    }
  }

  /// Whether others write there too. The container's own descriptors are everybody's. On a detour
  /// that a user has caused, lines are kept together by `DetourText`.
  func isShared(_ place: Place) -> Bool {
    guard case .file(let index) = place, !files[index].detour.isTrusted else { return true }
    return writers[place, default: 0] > 1
  }

  /// nil: the file at the path has been removed.
  mutating func noteMade(_ path: String, _ number: FileNumber?) { made.note(path, number) }

  /// The logger before this one has reported it to PID 1.
  mutating func inherit(_ path: String, _ number: FileNumber?) { made.inherit(path, number) }

  /// Whether a logger has made a file at the path, and no other than this one.
  func hasMade(_ path: String, _ status: FileStatus? = nil) -> Bool { made.has(path, status) }

  /// A stream less. Where it was the last one the file is closed; one that comes later opens it
  /// anew.
  mutating func release(_ place: Place) {
    writers[place, default: 0] -= 1
    guard writers[place] == 0, case .file(let index) = place else { return }
    files[index].release()
  }

  /// Empties the file of a place. nil: the file is empty now, or the place is no file.
  mutating func clear(_ place: Place) -> LogFailure? {
    guard case .file(let index) = place else { return nil }
    defer { note(index) }
    do throws(PathProblem) {
      try files[index].clear()
      return nil
    } catch {
      return LogFailure(path: files[index].path, problem: error)
    }
  }
}
