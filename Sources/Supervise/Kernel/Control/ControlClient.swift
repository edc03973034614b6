internal import Linux
internal import SuperviseCore

/// Somebody connected to the control socket.
struct ControlClient {
  let descriptor: Int32
  let token: Token
  let origin: ClientOrigin
  var ask: AskID?
  var followsJournal = false
  /// Handed over by the gateway, which speaks for supervisorctl: to it there are no crons, unless
  /// it says that it speaks for somebody else.
  private(set) var isOfGateway: Bool
  /// A whole request has come.
  private(set) var hasAsked = false
  /// It has shut down its side of the connection.
  var isListening = false
  /// Closed once everything is written.
  var isFinished = false
  private var inbox: [UInt8] = []
  private var outbox: [UInt8] = []
  private var written = 0
  /// What the poller was last told.
  private var polledInterest = Interest.readable
  private var delay = RetryDelay()

  /// A reader of events that has stopped reading is let go, rather than kept in our memory.
  private static let mostPending = 8 << 20
  /// The same of a client that follows the journal, whose answer has no end.
  private static let mostPendingOfFollower = 1 << 20

  init(_ descriptor: Int32, _ token: Token, _ origin: ClientOrigin) {
    self.descriptor = descriptor
    self.token = token
    self.origin = origin
    isOfGateway = origin.isOfGateway
  }

  var identity: ConfigurationTrial.Client {
    ConfigurationTrial.Client(slot: token.slot, generation: token.generation)
  }

  enum Reading: Equatable {
    case nothing
    case line(String)
    case tooLong
    /// It has said all it will say, and waits for the rest of its answer.
    case halfGone
    /// It has closed the connection, or has passed descriptors, which no request needs.
    case gone
  }

  mutating func read(_ buffer: inout [UInt8]) -> Reading {
    // What came before has no line end: a request may come byte by byte.
    let known = inbox.count
    do {
      guard let count = try receive(&buffer) else { return .gone }
      guard count > 0 else { return hasAsked && !followsJournal ? .halfGone : .gone }
      inbox += buffer[..<count]
    } catch {
      return error.isTransient ? .nothing : .gone
    }
    let end = inbox[known...].firstIndex(of: UInt8(ascii: "\n"))
    guard end ?? inbox.count <= ControlRequest.longest else { return .tooLong }
    guard let end else { return .nothing }
    defer { inbox = [] }
    hasAsked = true
    let line = String(decoding: inbox[..<end], as: UTF8.self)
    let native = "native ".utf8
    guard line.utf8.starts(with: native) else { return .line(line) }
    isOfGateway = false
    return .line(String(Substring(line.utf8.dropFirst(native.count))))
  }

  /// nil: the client has passed descriptors.
  private func receive(_ buffer: inout [UInt8]) throws(Errno) -> Int? {
    origin.mayPassDescriptors
      ? try receiveBytes(descriptor, into: &buffer) : try readBytes(descriptor, into: &buffer)
  }

  /// Of one that only listens its end is told as a hang-up, whatever we wait for.
  var interest: Interest {
    let reading: Interest = isListening ? [] : .readable
    return hasPending && retryAt == nil ? reading.union(.writable) : reading
  }

  /// The interest, where the poller does not know it yet.
  mutating func changedInterest() -> Interest? {
    guard interest != polledInterest else { return nil }
    polledInterest = interest
    return interest
  }

  /// So many bytes wait that a follower of the journal is to be sent them before the next event.
  var isFilling: Bool { outbox.count - written > 256 << 10 }
  /// When the rest of an answer is sent again for which the kernel had no memory: a socket that
  /// takes nothing for that reason counts as writable all the time. nil: nothing waits for that.
  var retryAt: Instant? { delay.dueAt }

  var hasPending: Bool { written < outbox.count }

  /// False when there is too much that nobody fetches.
  mutating func append(_ bytes: [UInt8]) -> Bool {
    let most =
      followsJournal ? ControlClient.mostPendingOfFollower : ControlClient.mostPending
    guard outbox.count - written + bytes.count <= most else { return false }
    outbox += bytes
    return true
  }

  /// Drops the connection although the client has not received everything: a follower that does not
  /// read would otherwise keep its place among the clients, and what waits for it, forever.
  mutating func abandon() {
    outbox = []
    written = 0
    delay.succeeded()
    isFinished = true
  }

  /// Writes what fits; false when the client is gone, or has closed its ear: what nobody will ever
  /// take must not keep it, for its socket would say for ever that there is room.
  mutating func flush() -> Bool {
    while hasPending {
      do { written += try writeBytes(descriptor, outbox, written..<outbox.count) } catch {
        if error.isTransient {
          error == .wouldBlock ? delay.succeeded() : delay.failed(at: Kernel.now)
          return true
        }
        outbox = []
        written = 0
        return false
      }
    }
    delay.succeeded()
    outbox.removeAll(keepingCapacity: outbox.capacity < 64 << 10)
    written = 0
    return true
  }
}
