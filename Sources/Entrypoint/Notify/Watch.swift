internal import Linux
internal import NotifyProtocol

/// One program's socket, and what is known of the program.
struct Watch {
  let origin: NotifyOrigin
  let socket: Int32
  var check: SenderCheck
  /// Taken by a look that finds a message of the program.
  var allowance: Allowance
  /// Taken by a look that finds a message of others.
  var allowanceOfOthers: Allowance
  /// The poller looks at the socket.
  var isPolled = true
  /// Not before the program is started again.
  var isMuted = false
  /// Refusals are logged once for each start: a program could otherwise fill the main log.
  var hasComplained = false
  /// Children that close descriptors which this program has passed, and have not ended yet.
  private var closers: [(pid: Int32, since: UInt64)] = []

  init(origin: NotifyOrigin, socket: Int32, check: SenderCheck, at now: UInt64) {
    self.origin = origin
    self.socket = socket
    self.check = check
    allowance = Allowance(at: now)
    allowanceOfOthers = .ofOthers(at: now)
  }

  /// When the socket may be looked at again; nil: now.
  mutating func nextLook(at now: UInt64) -> UInt64? {
    let own = allowance.nextToken(at: now)
    let others = allowanceOfOthers.nextToken(at: now)
    return own.map { max($0, others ?? 0) } ?? others
  }

  /// So many children that hang in a close, one of them for so long (in nanoseconds), are no
  /// accident.
  private static let suspicious = (count: 4, age: UInt64(5_000_000_000))

  mutating func addCloser(_ pid: Int32, at now: UInt64) { closers.append((pid, now)) }

  /// The program passes descriptors whose close does not end.
  mutating func isObstructive(at now: UInt64) -> Bool {
    closers.removeAll { peekChild($0.pid) != .allRunning }
    guard closers.count >= Watch.suspicious.count, let oldest = closers.first else { return false }
    return now - oldest.since > Watch.suspicious.age
  }
}
