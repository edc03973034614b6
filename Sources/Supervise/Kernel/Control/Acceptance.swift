internal import Linux
internal import SuperviseCore

/// Whether PID 1 accepts connections at its control socket, and when it tries again after accept(2)
/// has failed.
///
/// A listener from which nothing can be accepted stays readable, so the loop would spin: the
/// listener leaves the poller for a while that grows with each failure.
struct Acceptance {
  /// Of the listener in the poller; nil while it is not watched.
  private(set) var token: Token?
  private var delay = RetryDelay()
  /// Kept for the moment in which there is no other descriptor.
  private var spare: Int32?

  /// nil: not paused.
  var pausedUntil: Instant? { token == nil ? delay.dueAt : nil }

  mutating func isWatched(as token: Token) {
    self.token = token
    if spare == nil { spare = try? duplicateDescriptor(2) }
  }

  mutating func pause(at now: Instant) {
    token = nil
    delay.failed(at: now)
  }

  mutating func succeeded() { delay.succeeded() }

  func isDue(at now: Instant) -> Bool { token == nil && delay.isDue(at: now) }

  /// Gives the spare descriptor away for as long as `body` runs.
  mutating func withoutSpare(_ body: () -> Void) {
    guard let lent = spare else { return }
    closeDescriptor(lent)
    body()
    spare = try? duplicateDescriptor(2)
  }
}
