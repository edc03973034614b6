internal import Linux
internal import SuperviseCore

/// The end of the time that something has: every wait on the way asks it for what is left, so that
/// a server which sends a byte a second ends with all the others.
package struct Deadline: Sendable {
  /// The whole of it, for messages.
  package let limit: Duration
  private let end: Instant

  package init(after limit: Duration) {
    self.limit = limit
    end = Self.now.advanced(by: limit)
  }

  /// Further away than any container lives.
  package static var never: Deadline { Deadline(after: .seconds(1 << 32)) }

  private static var now: Instant { Instant(nanoseconds: monotonicNanoseconds()) }

  package var remaining: Duration { end.elapsed(since: Self.now) }
  package var isOver: Bool { remaining == .zero }

  /// For poll(2): rounded up, so that nothing wakes before the end only to find that it is not
  /// over.
  package var milliseconds: Int32 {
    Int32(clamping: remaining.wholeNanoseconds / 1_000_000 + 1)
  }

  /// An equal part of what is left, where several have to be tried.
  package func share(among count: Int) -> Deadline {
    count > 1 ? Deadline(after: remaining / count) : self
  }

  /// The earlier of this and so long from now.
  package func within(_ limit: Duration) -> Deadline {
    Deadline(after: min(limit, remaining))
  }
}

/// Waits for the descriptor; false once the time is over.
func waitFor(_ raw: Int32, _ interest: Interest, until deadline: Deadline) throws(Errno) -> Bool {
  while !deadline.isOver {
    if try waitFor(raw, interest, milliseconds: deadline.milliseconds) { return true }
  }
  return false
}

/// Passes the time: poll(2) of no descriptor at all.
func pause(until deadline: Deadline) { _ = try? waitFor(-1, [], until: deadline) }
