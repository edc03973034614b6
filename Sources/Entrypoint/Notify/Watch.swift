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
  /// The socket is looked at only while the message at the head of the queue may be plain.
  var head = Head.plain
  /// Refusals are logged once for each start: a program could otherwise fill the main log.
  var hasComplained = false
  var hasReportedClose = false

  enum Head: Equatable {
    case plain
    /// A child is to receive the message.
    case withDescriptors
    /// The child with this pid receives it, and closes the descriptors.
    case inChild(Int32)
  }

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
}
