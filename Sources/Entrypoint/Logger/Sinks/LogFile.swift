internal import Linux
internal import LoggerProtocol

/// A file that is appended to, by any number of streams, and rotated by its size.
///
/// Where the path leads to a FIFO or a device it is written to as an outlet is, and never rotated,
/// renamed or unlinked.
struct LogFile {
  let path: String
  private let limit: UInt64
  private let backups: UInt32
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

  init(_ path: String, _ description: StreamDescription) {
    self.path = path
    limit = description.maximumBytes
    backups = description.backups
    mode = description.isPrivate ? 0o600 : 0o666
  }

  var isStuck: Bool { outlet?.isStuck ?? false }

  /// Opened before the first line comes, so that it is there to be looked at, and a path that
  /// cannot be written is known at once.
  mutating func prepare() -> Errno? {
    do throws(Errno) {
      try openIfNeeded()
      return nil
    } catch {
      complaint = error
      return error
    }
  }

  /// Writes everything, or drops what cannot be written: a full disk must not stop the programs.
  /// Returns an error the first time there is one.
  mutating func write(_ bytes: [UInt8]) -> Errno? {
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
  }

  private mutating func writeRotating(_ bytes: [UInt8]) throws(Errno) {
    var rest = bytes[...]
    var problem: Errno?
    while !rest.isEmpty,
      let cut = Rotation.cut(rest, size: size - min(size, passedOver), limit: limit)
    {
      try append(rest.prefix(cut))
      rest = rest.dropFirst(cut)
      do throws(Errno) { try rotate() } catch {
        problem = error
        try openIfNeeded()
        passedOver = size
      }
    }
    try append(rest)
    if let problem { throw problem }
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    guard let descriptor else { return }
    let whole = Array(bytes)
    var start = 0
    while start < whole.count {
      let count = try writeBytes(descriptor, whole, start..<whole.count)
      start += count
      size += UInt64(count)
    }
  }

  /// A reader that has left may come again: the path is opened anew then.
  private mutating func writeToOutlet(_ bytes: [UInt8]) throws(Errno) {
    outlet?.write(bytes)
    guard let failure = outlet?.failure else { return }
    close()
    throw failure
  }

  private mutating func rotate() throws(Errno) {
    close()
    for rename in Rotation.renames(path, backups: backups) {
      do throws(Errno) { try renameFile(rename.from, rename.to) } catch {
        guard error == .notFound else { throw error }
      }
    }
    try open([.write, .append, .create, .truncate])
    passedOver = 0
  }
}
