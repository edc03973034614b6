internal import HTTP
internal import Linux

/// A client of one of our sockets. It has one request at a time under way; what it sends meanwhile
/// waits in the kernel.
final class Connection {
  enum Phase {
    /// Waiting for a request, or in the middle of one.
    case reading
    /// The request is complete; PID 1 has been asked.
    case working
    /// A log is being followed, or the journal.
    case following
    /// All is said, but what the client still sends is read for a moment: closing before that
    /// would make the kernel throw the answer away.
    case lingering
  }

  /// Seconds are of the monotonic clock, in nanoseconds.
  enum Patience {
    /// For a whole request from somebody who has not said who he is.
    static let untrusted: UInt64 = 10_000_000_000
    /// For the next piece of a request, and for the next piece of an answer to be fetched.
    static let stalled: UInt64 = 60_000_000_000
    /// The same where memory is short.
    static let whenShort: UInt64 = 2_000_000_000
    static let lingering: UInt64 = 2_000_000_000
  }

  let descriptor: Int32
  let token: Token
  let listener: Gateway.Listener
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
  /// Nobody needs to say who he is here, or this one has. Such a connection may idle for ever:
  /// superlance keeps one for hours and does not try again.
  var isTrusted: Bool
  /// Its request is one that needs no password, and it has given none.
  var asksOpenly = false
  var closesAfterReply = false
  /// When something last moved.
  var lastProgress: UInt64
  /// What the poller has been told to look for.
  var interest: Interest = .readable

  init(
    _ descriptor: Int32, _ token: Token, listener: Gateway.Listener, isTrusted: Bool, now: UInt64
  ) {
    self.descriptor = descriptor
    self.token = token
    self.listener = listener
    self.isTrusted = isTrusted
    accepted = now
    lastProgress = now
  }

  /// Bytes kept for this client.
  var footprint: Int {
    let announced = min(head?.contentLength ?? 0, HTTPLimits.trustedBody)
    return max(parser.pendingCount, announced) + outbox.count + (errand?.footprint ?? 0)
  }

  /// It has an answer to fetch.
  var isFetching: Bool { document != nil || !outbox.isEmpty && phase == .reading }

  /// When it is given up, unless something moves; nil: never.
  var deadline: UInt64? {
    switch phase {
    case .lingering: return lastProgress + Patience.lingering
    case .following: return nil
    case .working: return outbox.isEmpty && document == nil ? nil : lastProgress + Patience.stalled
    case .reading:
      guard isTrusted else { return accepted + Patience.untrusted }
      let isIdle = parser.isBetweenRequests && head == nil && outbox.isEmpty
      return isIdle ? nil : lastProgress + Patience.stalled
    }
  }

  /// A log is read on when what was read before has been fetched.
  var nextLook: UInt64? {
    guard phase == .following, follower != nil, outbox.isEmpty else { return nil }
    return lastLook + LogFollower.lookInterval
  }

  /// When something is to be done for it without its asking; far away for never.
  var nextTurn: UInt64 { min(deadline ?? .max, nextLook ?? .max) }

  /// A client is not read while its request is under way, or it could make us keep any amount.
  var wantedInterest: Interest {
    var wanted: Interest = []
    switch phase {
    case .reading where outbox.isEmpty: wanted = .readable
    case .following, .lingering: wanted = .readable
    case .reading, .working: break
    }
    if !outbox.isEmpty || document != nil { wanted.insert(.writable) }
    return wanted
  }
}
