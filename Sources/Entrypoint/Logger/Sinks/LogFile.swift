internal import Linux
internal import LoggerProtocol

/// A file that is appended to, by any number of streams, and rotated by its size or by the day.
///
/// Where the path leads to a FIFO or a device it is written to as an outlet is, and never rotated,
/// renamed or unlinked. Where it leads to one of the container's own descriptors, or cannot be
/// opened or written and another user controls it, its lines take the detour over such a
/// descriptor.
struct LogFile {
  private static let newline = UInt8(ascii: "\n")

  let path: String
  private let limit: UInt64
  private let rotatesDaily: Bool
  let backups: Backups
  private var access: LogAccess
  /// To be watched while it is stuck.
  private(set) var descriptor: Int32?
  private(set) var detour = Detour()
  /// The file that was opened last, and whether it was made and marked then.
  var opened: (number: FileNumber, isNew: Bool)?
  private var size: UInt64 = 0
  /// For what is no regular file.
  private var outlet: Outlet?
  /// What went wrong last, until something goes well: said once, not once a line.
  var complaint: PathProblem?
  /// The size when the file could not be rotated: the next attempt comes `limit` bytes later.
  private var passedOver: UInt64 = 0
  /// The day of its lines, and whether it is over; of a file that is rotated daily.
  private var day = 0
  private var isDue = false
  /// What was written last is the beginning of a line.
  private var isInLine = false
  /// A failed write has left the beginning of a line in the file, and the whole line has taken the
  /// detour.
  private var isTorn = false
  private var hasRotated = false
  private var dropped: UInt64 = 0
  /// Of what is being written.
  private var unwritten = 0

  init(_ path: String, _ description: StreamDescription) {
    self.path = path
    limit = description.maximumBytes
    rotatesDaily = description.rotatesDaily
    backups = Backups(
      path: path, count: Int(description.backups), areCompressed: description.compresses)
    access = LogAccess(description)
  }

  var isStuck: Bool { outlet?.isStuck ?? false }
  /// Lines take a detour that a user has caused, and the path is not tried again yet.
  var isAvoided: Bool { detour.isTaken && !detour.isTrusted && !detour.isDue }

  /// Sentences for the main log about the file at the path.
  mutating func takeWarnings() -> [String] { access.takeWarnings() }

  /// Another program writes there too.
  mutating func admit(_ description: StreamDescription) {
    if access.admit(description.user) { close() }
  }

  /// Opened before the first line comes, so that it is there to be looked at, and a path that
  /// cannot be written is known at once.
  mutating func prepare() -> PathProblem? {
    do throws(PathProblem) {
      try openIfNeeded()
      return isDue ? rotate() : nil
    } catch {
      complaint = error
      return error
    }
  }

  /// Writes everything, or drops what cannot be written: a full disk must not stop the programs.
  /// In a directory of another user it takes the detour, for which it is left to the caller
  /// (`takeDetoured`). Returns a problem the first time there is one.
  mutating func write(_ bytes: [UInt8]) -> PathProblem? {
    unwritten = bytes.count
    defer {
      if !detour.isTaken { dropped &+= UInt64(max(0, takeDetoured())) }
    }
    do throws(PathProblem) {
      guard !detour.isTaken || detour.isDue else { return nil }
      try openIfNeeded()
      guard descriptor != nil else { return nil }
      if outlet == nil { try writeRotating(bytes) } else { try writeToOutlet(bytes) }
      if passedOver == 0 { complaint = nil }
      return nil
    } catch {
      defer { complaint = error }
      return complaint == nil ? error : nil
    }
  }

  /// How many of the last bytes are not in the file.
  mutating func takeDetoured() -> Int {
    defer { unwritten = 0 }
    return unwritten
  }

  /// Bytes that could not be written, since this was last asked.
  mutating func takeDropped() -> UInt64 {
    defer { dropped = 0 }
    return dropped &+ (outlet?.takeDropped() ?? 0)
  }

  /// Another day. A file without a line of the last one is not rotated; after somebody has put the
  /// clock back the one that it was put to counts.
  mutating func turn(to today: Int, clockWasSet: Bool) -> PathProblem? {
    guard rotatesDaily, descriptor != nil, outlet == nil else { return nil }
    if clockWasSet { day = min(day, today) }
    guard day < today else { return nil }
    guard size > 0 else {
      day = today
      return nil
    }
    isDue = true
    return isInLine ? nil : rotate(on: today)
  }

  /// Whether it has been rotated since this was last asked.
  mutating func takeRotation() -> Bool {
    defer { hasRotated = false }
    return hasRotated
  }

  /// When what was stuck takes more.
  mutating func flush() {
    outlet?.flush()
    if outlet?.failure != nil { close() }
  }

  mutating func close() {
    dropped &+= outlet?.takeDropped() ?? 0
    if let descriptor { closeDescriptor(descriptor) }
    descriptor = nil
    outlet = nil
    detour = Detour()
  }

  mutating func openIfNeeded() throws(PathProblem) {
    guard descriptor == nil else { return }
    try open(emptying: false)
  }

  mutating func open(emptying: Bool) throws(PathProblem) {
    isInLine = false
    do throws(PathProblem) {
      switch try access.open(backups, emptying: emptying) {
      case .own(let number, let isByUser): detour.lead(to: number, isTrusted: !isByUser)
      case .file(let opened): take(opened, emptying: emptying)
      }
    } catch {
      if access.isCausedByOthers(error, path) { detour.begin() }
      throw error
    }
  }

  private mutating func take(_ opened: SafeDirectory.Opened, emptying: Bool) {
    detour = Detour()
    descriptor = opened.descriptor
    let isMarked = opened.isNew && (try? fileStatus(of: opened.descriptor))?.isMarked == true
    self.opened = (FileNumber(opened.status), isNew: isMarked)
    outlet = opened.status.kind == .regular ? nil : Outlet(ofOurOwn: opened.descriptor)
    size = UInt64(max(0, opened.status.size))
    guard outlet == nil else { return }
    finishTornLine(opened.descriptor)
    if emptying, size > 0, (try? emptyFile(opened.descriptor)) != nil { size = 0 }
    if rotatesDaily { noteDay(opened.status) }
  }

  private mutating func finishTornLine(_ descriptor: Int32) {
    guard isTorn else { return }
    let isWritten = size > 0 && (try? writeBytes(descriptor, [LogFile.newline], 0..<1)) != nil
    if isWritten { size += 1 }
    isTorn = size > 0 && !isWritten
  }

  /// What it holds may be of a day on which nobody watched.
  private mutating func noteDay(_ status: FileStatus) {
    let today = LocalDay.today
    day = size > 0 ? min(LocalDay.of(status.modified), today) : today
    isDue = day < today
  }

  private mutating func writeRotating(_ bytes: [UInt8]) throws(PathProblem) {
    var rest = bytes[...]
    var problem = isDue ? try finishDay(&rest) : nil
    lookAgain(rest.count)
    while descriptor != nil, !rest.isEmpty,
      let cut = Rotation.cut(rest, size: size - min(size, passedOver), limit: limit)
    {
      try append(rest.prefix(cut))
      rest = rest.dropFirst(cut)
      if let failure = rotate() { problem = failure }
    }
    try append(rest)
    if let problem { throw problem }
  }

  /// Before it is found too large: logrotate's `copytruncate` may have emptied it meanwhile.
  private mutating func lookAgain(_ count: Int) {
    guard limit > 0, size &+ UInt64(count) >= limit, let descriptor,
      let status = try? fileStatus(of: descriptor)
    else { return }
    size = min(size, UInt64(max(0, status.size)))
  }

  /// The last line of a day is finished in its file.
  private mutating func finishDay(
    _ rest: inout ArraySlice<UInt8>
  ) throws(PathProblem) -> PathProblem? {
    if isInLine {
      guard let end = rest.firstIndex(of: LogFile.newline) else { return nil }
      try append(rest[...end])
      rest = rest[(end + 1)...]
    }
    return rotate()
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(PathProblem) {
    guard let descriptor else { return }
    let whole = Array(bytes)
    var start = 0
    do throws(Errno) {
      while start < whole.count {
        let count = try writeBytes(descriptor, whole, start..<whole.count)
        start += count
        unwritten -= count
        size += UInt64(count)
      }
    } catch {
      throw writeFailed(error, after: whole[..<start])
    }
    noteEnd(of: whole[...])
  }

  private mutating func noteEnd(of written: ArraySlice<UInt8>) {
    if let last = written.last { isInLine = last != LogFile.newline }
  }

  /// The file has taken only these bytes. In a directory of another user the others take the
  /// detour, from the beginning of their line: without it they would lack the program's name.
  private mutating func writeFailed(
    _ error: Errno, after written: ArraySlice<UInt8>
  ) -> PathProblem {
    noteEnd(of: written)
    let problem = PathProblem.system(error)
    guard access.isCausedByOthers(problem, path) else { return problem }
    unwritten += written.reversed().prefix { $0 != LogFile.newline }.count
    let isTorn = isInLine
    close()
    self.isTorn = isTorn
    detour.begin()
    return problem
  }

  /// A reader that has left may come again: the path is opened anew then.
  private mutating func writeToOutlet(_ bytes: [UInt8]) throws(PathProblem) {
    // It keeps count of its own.
    unwritten = 0
    outlet?.write(bytes)
    guard let failure = outlet?.failure else { return }
    close()
    throw .system(failure)
  }

  /// Where it cannot be renamed it goes on as it is; the error is returned.
  private mutating func rotate(on today: Int? = nil) -> PathProblem? {
    defer {
      day = today ?? LocalDay.today
      isDue = false
      isInLine = false
    }
    do throws(PathProblem) {
      close()
      try backups.shift(in: try backups.directory())
      try open(emptying: true)
      passedOver = 0
      hasRotated = true
      return nil
    } catch {
      let refusal = reopen(after: error)
      passedOver = size
      return refusal ?? error
    }
  }

  /// Where it is not the same file any more that has the name, this matters more.
  private mutating func reopen(after problem: PathProblem) -> PathProblem? {
    do throws(PathProblem) { try openIfNeeded() } catch {
      return detour.isTaken ? error : nil
    }
    return nil
  }
}
