internal import Linux
internal import LoggerProtocol

/// A file that is appended to, by any number of streams, and rotated by its size.
struct LogFile {
  let path: String
  private let limit: UInt64
  private let backups: UInt32
  private let mode: UInt32
  private var descriptor: Int32?
  private var size: UInt64 = 0
  private var isRegular = false
  /// What went wrong last, until something goes well: said once, not once a line.
  private var complaint: Errno?

  init(_ path: String, _ description: StreamDescription) {
    self.path = path
    limit = description.maximumBytes
    backups = description.backups
    mode = description.isPrivate ? 0o600 : 0o666
  }

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
      var rest = bytes[...]
      while !rest.isEmpty, isRegular,
        let cut = Rotation.cut(rest, size: size, limit: limit)
      {
        try append(rest.prefix(cut))
        try rotate()
        rest = rest.dropFirst(cut)
      }
      try append(rest)
      complaint = nil
      return nil
    } catch {
      defer { complaint = error }
      return complaint == nil ? error : nil
    }
  }

  /// Also after somebody else has moved the file away.
  mutating func reopen() {
    if let descriptor { closeDescriptor(descriptor) }
    descriptor = nil
  }

  private mutating func openIfNeeded() throws(Errno) {
    guard descriptor == nil else { return }
    try open([.write, .append, .create])
  }

  private mutating func open(_ flags: OpenFlags) throws(Errno) {
    // A FIFO without a reader would hold us up for ever.
    let opened = try openFile(path, flags.union(.nonBlocking), mode: mode)
    let status = try? fileStatus(of: opened)
    isRegular = status?.kind == .regular
    size = UInt64(max(0, status?.size ?? 0))
    descriptor = opened
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

  private mutating func rotate() throws(Errno) {
    reopen()
    for rename in Rotation.renames(path, backups: backups) {
      do throws(Errno) { try renameFile(rename.from, rename.to) } catch {
        guard error == .notFound else { throw error }
      }
    }
    try open([.write, .append, .create, .truncate])
  }
}
