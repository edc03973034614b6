internal import GatewayProtocol
internal import HTTP
internal import Linux

/// A client of one of our sockets. It has one request at a time under way; what it sends meanwhile
/// waits in the kernel.
final class Connection {
  enum Phase: Equatable {
    /// Waiting for a request, or in the middle of one.
    case reading
    /// The request is complete; PID 1 has been asked.
    case working
    /// A log is being followed, or the journal.
    case following
    /// All is said, but what the client still sends is read for a moment: closing before that
    /// would make the kernel throw the answer away.
    case lingering
    /// A login failed, or logins of this peer are not checked for now.
    case delayed(Delay)
  }

  /// What comes when a delay is over. Times are of the monotonic clock, in nanoseconds.
  enum Delay: Equatable {
    /// The login of this request is checked.
    case check(HTTPRequestHead, at: UInt64)
    /// The client learns that its login failed.
    case refusal(at: UInt64)

    var end: UInt64 {
      switch self {
      case .check(_, let end), .refusal(let end): end
      }
    }
  }

  /// Seconds are of the monotonic clock, in nanoseconds.
  enum Patience {
    /// For a whole request of a client that has not logged in, and for the first head of any
    /// client.
    static let untrusted: UInt64 = 10_000_000_000
    /// For the head of a further request, from its first byte on.
    static let head: UInt64 = 60_000_000_000
    /// The time for a body grows by this for each 16 KiB, so that a slow network is not an attack.
    static let bodyPiece: UInt64 = 1_000_000_000
    /// Between two requests, while the connections of the listener are scarce.
    static let idleWhenScarce: UInt64 = 60_000_000_000
    /// A client that follows a log may be suspended by its user.
    static let stalledFollower: UInt64 = 600_000_000_000
    /// For the next piece of a request, and for the next piece of an answer to be fetched.
    static let stalled: UInt64 = 60_000_000_000
    /// The same where memory is short.
    static let whenShort: UInt64 = 2_000_000_000
    static let lingering: UInt64 = 2_000_000_000
  }

  let descriptor: Int32
  let token: Token
  let listener: Gateway.Listener
  let peer: Peer
  let accepted: UInt64
  var phase = Phase.reading
  var parser = HTTPRequestParser()
  /// Of the request whose body is awaited, or which is being answered.
  var head: HTTPRequestHead?
  var errand: Errand?
  var follower: LogFollower?
  var document: LogDocument?
  /// It is shown the journal as it is written.
  var isStreaming = false
  /// Pieces are sent with their lengths, or, as HTTP/1.0 has it, as they are.
  var isChunked = false
  /// When the log was last looked at.
  var lastLook: UInt64 = 0
  var outbox = Outbox()
  /// The server needs no login, or the client has logged in. Such a connection may stay idle once
  /// it has sent a request, while connections are not scarce: superlance keeps one for hours and
  /// does not try again.
  var isTrusted: Bool
  /// The user name that this client has proved.
  var username: String?
  /// A whole head of a request has come.
  var hasAsked = false
  /// When the first byte of the current request came; nil between two requests.
  var requestBegan: UInt64?
  /// Its request is one that needs no password, and it has given none.
  var asksOpenly = false
  var closesAfterReply = false
  /// When something last moved.
  var lastProgress: UInt64
  /// What the poller has been told to look for.
  var interest: Interest = .readable

  init(
    _ descriptor: Int32, _ token: Token, listener: Gateway.Listener, peer: Peer, now: UInt64
  ) {
    self.descriptor = descriptor
    self.token = token
    self.listener = listener
    self.peer = peer
    isTrusted = listener.credentials == nil
    accepted = now
    lastProgress = now
  }

  /// Bytes kept for this client.
  var footprint: Int {
    let announced = min(head?.contentLength ?? 0, HTTPLimits.trustedBody)
    return max(parser.pendingCount, announced) + outbox.count + (errand?.footprint ?? 0)
  }

  /// The rest of its request is awaited.
  var isSending: Bool { phase == .reading && (head != nil || !parser.isBetweenRequests) }

  /// It keeps memory for longer than it should where memory is short.
  func isSlow(at now: UInt64) -> Bool {
    if isFetching { return lastProgress + Patience.whenShort <= now }
    guard isSending, let requestBegan else { return false }
    return min(lastProgress + Patience.whenShort, requestBegan + Patience.untrusted) <= now
  }

  /// It has an answer to fetch.
  var isFetching: Bool { document != nil || !outbox.isEmpty && phase == .reading }

  var origin: GatewayOrigin { GatewayOrigin(peer: peer.origin, username: username) }

  /// It has nothing to fetch, and nothing of a next request has come.
  var isIdle: Bool {
    phase == .reading && parser.isBetweenRequests && head == nil && outbox.isEmpty
  }

  /// When it is given up, unless something moves; nil: never.
  func deadline(isScarce: Bool) -> UInt64? {
    switch phase {
    case .lingering: return lastProgress + Patience.lingering
    case .delayed(let delay): return delay.end
    case .following: return outbox.isEmpty ? nil : lastProgress + Patience.stalledFollower
    case .working: return outbox.isEmpty && document == nil ? nil : lastProgress + Patience.stalled
    case .reading:
      guard isTrusted, hasAsked else { return accepted + Patience.untrusted }
      if isIdle { return isScarce ? lastProgress + Patience.idleWhenScarce : nil }
      return min(lastProgress + Patience.stalled, requestDeadline ?? .max)
    }
  }

  /// When the current request has to be complete: a client that sends a byte now and then always
  /// makes progress.
  private var requestDeadline: UInt64? {
    guard let requestBegan, outbox.isEmpty else { return nil }
    let pieces = UInt64(head?.contentLength ?? 0) >> 14
    return requestBegan + Patience.head + pieces * Patience.bodyPiece
  }

  /// A log is read on when what was read before has been fetched.
  var nextLook: UInt64? {
    guard phase == .following, follower != nil, outbox.isEmpty else { return nil }
    return lastLook + LogFollower.lookInterval
  }

  /// When something is to be done for it without its asking; far away for never.
  func nextTurn(isScarce: Bool) -> UInt64 {
    min(deadline(isScarce: isScarce) ?? .max, nextLook ?? .max)
  }

  /// A client is not read while its request is under way, or it could make us keep any amount.
  var wantedInterest: Interest {
    var wanted: Interest = []
    switch phase {
    case .reading where outbox.isEmpty: wanted = .readable
    case .following, .lingering: wanted = .readable
    case .reading, .working, .delayed: break
    }
    if !outbox.isEmpty || document != nil { wanted.insert(.writable) }
    return wanted
  }
}
