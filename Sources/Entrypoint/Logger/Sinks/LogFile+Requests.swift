internal import Linux

/// What clients and rotating programs such as logrotate request.
extension LogFile {
  /// After somebody has moved the file away: the new one is there at once, for whoever turns logs
  /// over waits for it. What waits for a reader is kept. Returns a problem the first time.
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

  /// Until somebody writes to it again.
  mutating func release() {
    if !isStuck { close() }
  }

  /// Empties it as supervisord does: unlinked and made anew, rotated ones left alone. A link is
  /// kept, and the file it leads to cut to nothing.
  mutating func clear() throws(PathProblem) {
    let (directory, name) = try SafePath.parent(of: path)
    switch try directory.status(name)?.kind {
    case .regular:
      try directory.remove(name)
      close()
      try openIfNeeded()
    case .link:
      close()
      try open(emptying: true)
    case nil:
      close()
      try openIfNeeded()
    default: break
    }
  }
}
