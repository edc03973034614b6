internal import Linux
internal import LoggerProtocol

/// A file that is appended to, by any number of streams, and rotated by its size or by the day.
///
/// Where the path leads to a FIFO or a device it is written to as an outlet is, and never rotated,
/// renamed or unlinked.
struct LogFile {
  let path: String
  private let limit: UInt64
  private let rotatesDaily: Bool
  let backups: Backups
  private let mode: UInt32
  /// To be watched while it is stuck.
  private(set) var descriptor: Int32?
  private var size: UInt64 = 0
  /// For what is no regular file.
  private var outlet: Outlet?
  /// What went wrong last, until something goes well: said once, not once a line.
  private var complaint: Errno?
  /// How large it was when it could not be renamed: it goes on, and is tried again after as much
  /// again.
  private var passedOver: UInt64 = 0
  /// The day of its lines, and whether it is over; of a file that is rotated daily.
  private var day = 0
  private var isDue = false
  /// What was written last is the beginning of a line.
  private var isInLine = false
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
    mode = description.isPrivate ? 0o600 : 0o666
  }

  var isStuck: Bool { outlet?.isStuck ?? false }

  /// Opened before the first line comes, so that it is there to be looked at, and a path that
  /// cannot be written is known at once.
  mutating func prepare() -> Errno? {
    do throws(Errno) {
      if descriptor == nil { try backups.cleanUp() }
      try openIfNeeded()
      return isDue ? rotate() : nil
    } catch {
      complaint = error
      return error
    }
  }

  /// Writes everything, or drops what cannot be written: a full disk must not stop the programs.
  /// Returns an error the first time there is one.
  mutating func write(_ bytes: [UInt8]) -> Errno? {
    unwritten = bytes.count
    defer { dropped &+= UInt64(max(0, unwritten)) }
    do throws(Errno) {
      try openIfNeeded()
      if outlet == nil { try writeRotating(bytes) } else { try writeToOutlet(bytes) }
      if passedOver == 0 { complaint = nil }
      return nil
    } catch {
      defer { complaint = error }
      return complaint == nil ? error : nil
    }
  }

  /// Bytes that could not be written, since this was last asked.
  mutating func takeDropped() -> UInt64 {
    defer { dropped = 0 }
    return dropped &+ (outlet?.takeDropped() ?? 0)
  }

  /// Another day. A file without a line of the last one is not rotated; after somebody has put the
  /// clock back the one that it was put to counts.
  mutating func turn(to today: Int, clockWasSet: Bool) -> Errno? {
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

  /// After somebody has moved the file away: the new one is there at once, for whoever turns logs
  /// over waits for it. What waits for a reader is kept; what fails is told with the next line.
  mutating func reopen() {
    guard !isStuck, descriptor != nil else { return }
    close()
    try? openIfNeeded()
  }

  /// Until somebody writes to it again.
  mutating func release() {
    if !isStuck { close() }
  }

  /// Empties it as supervisord does: unlinked and made anew, rotated ones left alone. A link is
  /// kept, and the file it leads to cut to nothing.
  mutating func clear() throws(Errno) {
    switch try? fileStatus(path, followingLinks: false).kind {
    case .regular:
      try removeFile(path)
      close()
      try openIfNeeded()
    case .link where (try? fileStatus(path).kind) == .regular:
      close()
      try open([.write, .append, .create, .truncate])
    case nil:
      close()
      try openIfNeeded()
    default: break
    }
  }

  private mutating func close() {
    dropped &+= outlet?.takeDropped() ?? 0
    if let descriptor { closeDescriptor(descriptor) }
    descriptor = nil
    outlet = nil
  }

  private mutating func openIfNeeded() throws(Errno) {
    guard descriptor == nil else { return }
    try open([.write, .append, .create])
  }

  private mutating func open(_ flags: OpenFlags) throws(Errno) {
    // A FIFO without a reader would hold us up for ever.
    let opened = try openFile(path, flags.union(.nonBlocking), mode: mode)
    let status = try? fileStatus(of: opened)
    outlet = status?.kind == .regular ? nil : Outlet(ofOurOwn: opened)
    size = UInt64(max(0, status?.size ?? 0))
    descriptor = opened
    isInLine = false
    if rotatesDaily, outlet == nil { noteDay(status) }
  }

  /// What it holds may be of a day on which nobody watched.
  private mutating func noteDay(_ status: FileStatus?) {
    let today = LocalDay.today
    day = size > 0 ? min(LocalDay.of(status?.modified ?? 0), today) : today
    isDue = day < today
  }

  private mutating func writeRotating(_ bytes: [UInt8]) throws(Errno) {
    var rest = bytes[...]
    var problem = isDue ? try finishDay(&rest) : nil
    lookAgain(rest.count)
    while !rest.isEmpty,
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
  private mutating func finishDay(_ rest: inout ArraySlice<UInt8>) throws(Errno) -> Errno? {
    if isInLine {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      try append(rest[...end])
      rest = rest[(end + 1)...]
    }
    return rotate()
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    guard let descriptor else { return }
    let whole = Array(bytes)
    var start = 0
    while start < whole.count {
      let count = try writeBytes(descriptor, whole, start..<whole.count)
      start += count
      unwritten -= count
      size += UInt64(count)
    }
    if let last = whole.last { isInLine = last != UInt8(ascii: "\n") }
  }

  /// A reader that has left may come again: the path is opened anew then.
  private mutating func writeToOutlet(_ bytes: [UInt8]) throws(Errno) {
    // It keeps count of its own.
    unwritten = 0
    outlet?.write(bytes)
    guard let failure = outlet?.failure else { return }
    close()
    throw failure
  }

  /// Where it cannot be renamed it goes on as it is; the error is returned.
  private mutating func rotate(on today: Int? = nil) -> Errno? {
    defer {
      day = today ?? LocalDay.today
      isDue = false
      isInLine = false
    }
    do throws(Errno) {
      close()
      try backups.shift()
      try open([.write, .append, .create, .truncate])
      passedOver = 0
      hasRotated = true
      return nil
    } catch {
      try? openIfNeeded()
      passedOver = size
      return error
    }
  }
}
