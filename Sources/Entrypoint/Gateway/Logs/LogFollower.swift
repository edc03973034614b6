internal import Linux

/// Reads on in a log as it grows, over rotation, clearing and truncation.
///
/// It is looked at ten times a second, and whether another file has taken its name is asked about
/// once a second: we may not be allowed to watch the directory, or the file itself, by inotify.
final class LogFollower {
  /// What is shown of what was there before.
  private static let backlog = 1024
  /// In one look; there may be more followers than one.
  static let largestPiece = 64 << 10
  static let lookInterval: UInt64 = 100_000_000
  static let recheckInterval: UInt64 = 1_000_000_000

  /// How PID 1 is asked for the file of that name.
  let line: String
  /// Of the file when it was opened, in seconds since 1970.
  let modified: Int64
  var nextRecheck: UInt64
  var isRechecking = false
  private var log: Int32
  private var position: Int
  /// The file that has taken the name; read once the end of the old one is reached.
  private var successor: Int32?

  /// Takes the descriptor over.
  init(_ log: Int32, line: String) {
    self.log = log
    self.line = line
    position = max(0, LogText.size(log) - LogFollower.backlog)
    modified = (try? fileStatus(of: log))?.modified ?? 0
    nextRecheck = monotonicNanoseconds() + LogFollower.recheckInterval
  }

  deinit {
    closeDescriptor(log)
    if let successor { closeDescriptor(successor) }
  }

  /// What has been written since.
  func next() -> [UInt8] {
    let size = LogText.size(log)
    if size < position {
      position = 0
      return Array("==> File truncated <==\n".utf8)
    }
    // A program may make its log as long as the largest offset: no sum may exceed the size.
    let count = min(size - position, LogFollower.largestPiece)
    let bytes = LogText.bytes(log, position..<(position + count))
    position += bytes.count
    if bytes.isEmpty, let successor {
      closeDescriptor(log)
      log = successor
      self.successor = nil
      position = 0
      return next()
    }
    return bytes
  }

  /// The file that has the name now; the same one, mostly. While one successor waits, a second is
  /// not taken: it would be read in the place of the first.
  func offer(_ descriptor: Int32) {
    guard successor == nil, let current = try? fileStatus(of: log),
      let offered = try? fileStatus(of: descriptor),
      current.inode != offered.inode || current.device != offered.device
    else { return closeDescriptor(descriptor) }
    successor = descriptor
  }
}
