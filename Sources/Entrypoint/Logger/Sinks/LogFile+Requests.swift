internal import Linux
internal import LoggerProtocol

/// Requests of clients and of programs such as logrotate that rotate the file.
extension LogFile {
  /// Opens the path again after a program such as logrotate has moved the file: that program waits
  /// for the new file. An outlet whose reader is slow is kept with its queue. Returns a problem
  /// that has not been reported yet.
  mutating func reopen() -> PathProblem? {
    guard !isStuck, descriptor != nil || detour.isTaken else { return nil }
    close()
    do throws(PathProblem) {
      try openIfNeeded()
      return nil
    } catch {
      defer { complaint = error }
      return complaint == nil ? error : nil
    }
  }

  /// The file that has been opened since the last call, and whether it was made and marked then.
  mutating func takeOpened() -> (number: FileNumber, isNew: Bool)? {
    defer { opened = nil }
    return opened
  }

  /// Closes the file until the next write.
  mutating func release() {
    if !isStuck { close() }
  }

  /// Empties the log as supervisord does: the file is unlinked and created again, and rotated files
  /// stay. A link stays as well, and its target is truncated.
  mutating func clear() throws(PathProblem) {
    let (directory, name) = try SafePath.parent(of: path)
    switch try directory.status(name)?.kind {
    case .regular:
      try directory.remove(name)
      close()
      try openIfNeeded()
    case .link:
      close()
      do throws(PathProblem) { try open(emptying: true) } catch {
        try openIfNeeded()
        throw error
      }
    case nil:
      close()
      try openIfNeeded()
    default: break
    }
  }
}
