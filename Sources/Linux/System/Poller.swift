internal import CLinux

/// What to be told of.
package struct Interest: OptionSet, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let readable = Interest(rawValue: CLINUX_READABLE)
  package static let writable = Interest(rawValue: CLINUX_WRITABLE)
  /// Reported once, and again after the next `change`: EPOLLONESHOT of epoll_ctl(2).
  package static let readableOnce = Interest(rawValue: CLINUX_READABLE | CLINUX_ONCE)
  /// Always told.
  package static let hangup = Interest(rawValue: CLINUX_HANGUP)
}

/// A place in a table and which of its tenants is meant: an event for one that has left is dropped,
/// however soon the place, and the descriptor's number, were taken again.
package struct Token: Sendable, Equatable {
  package var slot: UInt32
  package var generation: UInt32

  package init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  var packed: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
  init(packed: UInt64) {
    self.init(slot: UInt32(truncatingIfNeeded: packed), generation: UInt32(packed >> 32))
  }
}

/// epoll(7), level-triggered. Waiting allocates nothing.
package struct Poller: ~Copyable {
  package struct Event: Sendable, Equatable {
    package var token: Token
    package var interest: Interest

    package init(token: Token, interest: Interest) {
      self.token = token
      self.interest = interest
    }
  }

  private let descriptor: Descriptor
  private var tokens: [UInt64]
  private var masks: [Int32]

  /// The most events that one wait returns.
  package static let batch = 64

  package init() throws(Errno) {
    descriptor = Descriptor(adopting: try checked(clinux_poller_open()))
    tokens = Array(repeating: 0, count: Poller.batch)
    masks = Array(repeating: 0, count: Poller.batch)
  }

  package func add(_ raw: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    _ = try checked(clinux_poller_add(descriptor.raw, raw, interest.rawValue, token.packed))
  }

  package func change(_ raw: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    _ = try checked(clinux_poller_change(descriptor.raw, raw, interest.rawValue, token.packed))
  }

  /// The same for roles, never for PID 1: what the kernel refuses for want of memory is repeated
  /// until it succeeds. A pipe that is never looked at would block its program forever.
  package func addWaiting(_ raw: Int32, _ interest: Interest, _ token: Token) {
    Poller.wait { () throws(Errno) in try add(raw, interest, token) }
  }

  /// The same of `change`.
  package func changeWaiting(_ raw: Int32, _ interest: Interest, _ token: Token) {
    Poller.wait { () throws(Errno) in try change(raw, interest, token) }
  }

  private static func wait(_ register: () throws(Errno) -> Void) {
    while true {
      do throws(Errno) { return try register() } catch {
        // ENOSPC: the user has as many registrations as the kernel allows (epoll_ctl(2)).
        guard error.isTransient || error == .noSpace else { return }
        pauseFor(milliseconds: 10)
      }
    }
  }

  /// Before the descriptor is closed: a duplicate elsewhere would keep its events coming.
  package func remove(_ raw: Int32) { _ = clinux_poller_remove(descriptor.raw, raw) }

  /// Waits, for ever if `milliseconds` is nil, and returns how many events there are.
  package mutating func wait(milliseconds: Int32? = nil) throws(Errno) -> Int {
    let count = Int32(tokens.count)
    let raw = descriptor.raw
    return Int(
      try checked(
        unsafe clinux_poller_wait(raw, &tokens, &masks, count, milliseconds ?? -1)))
  }

  /// One of the events that the last wait found.
  package func event(_ index: Int) -> Event {
    Event(token: Token(packed: tokens[index]), interest: Interest(rawValue: masks[index]))
  }
}
