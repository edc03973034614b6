internal import HTTP
internal import Linux

/// Clients as they come, send, fetch and go.
extension Gateway {
  /// What all clients together may make us keep, in and out.
  static let mostPending = 64 << 20
  /// Taken from one client before the others have their turn.
  private static let mostReads = 4

  // MARK: Serving

  mutating func serve(_ client: Connection, _ interest: Interest) {
    if interest.contains(.writable) { send(client) }
    // Who sends a request and leaves has still sent it.
    if interest.contains(.readable) { read(client) }
    if interest.contains(.hangup) { return drop(client) }
    update(client)
  }

  private mutating func read(_ client: Connection) {
    for _ in 0..<Gateway.mostReads where client.wantedInterest.contains(.readable) {
      do throws(Errno) {
        let count = try readBytes(client.descriptor, into: &buffer)
        guard count > 0 else { return drop(client) }
        guard client.phase == .reading else { continue }
        client.lastProgress = monotonicNanoseconds()
        client.requestBegan = client.requestBegan ?? client.lastProgress
        client.parser.append(buffer[..<count])
        advance(client)
      } catch {
        if error != .wouldBlock { drop(client) }
        return
      }
    }
  }

  /// Everything that was said to be sent, as far as it goes now.
  mutating func send(_ client: Connection) {
    refill(client)
    switch client.outbox.flush(client.descriptor) {
    case .gone: return drop(client)
    case .none: return
    case .some: client.lastProgress = monotonicNanoseconds()
    case .all:
      client.lastProgress = monotonicNanoseconds()
      guard client.phase == .reading else { return }
      client.closesAfterReply ? linger(client) : advance(client)
    }
  }

  /// Tells the poller what this client is waited for now.
  func update(_ client: Connection) {
    let wanted = client.wantedInterest
    guard connections[client.token] != nil, wanted != client.interest else { return }
    client.interest = wanted
    poller.changeWaiting(client.descriptor, wanted, client.token)
  }

  // MARK: Memory

  /// Whether so many more bytes may be kept for a client. If not, the clients of the same listener
  /// give way that have not fetched their answer for a while, or that upload slowly.
  ///
  /// Each listener has its share, so that uploads at one server block no request at another one. A
  /// short body is always admitted: the number of connections bounds what all of them take.
  mutating func hasRoom(for bytes: Int, of client: Connection) -> Bool {
    if bytes > 0, bytes <= HTTPLimits().body { return true }
    let share = Gateway.mostPending / max(1, min(2, listeners.count))
    if pendingBytes(of: client.listener) + bytes <= share { return true }
    let now = monotonicNanoseconds()
    for other in connections.tenants
    where other.listener === client.listener && other !== client && other.isSlow(at: now) {
      drop(other)
    }
    return pendingBytes(of: client.listener) + bytes <= share
  }

  private func pendingBytes(of listener: Listener) -> Int {
    connections.tenants.reduce(0) { $1.listener === listener ? $0 + $1.footprint : $0 }
  }

  // MARK: Going

  /// The answer is on its way; the client is to have it before it learns that nothing more comes.
  mutating func linger(_ client: Connection) {
    client.phase = .lingering
    client.lastProgress = monotonicNanoseconds()
    endSending(client.descriptor)
  }

  mutating func expire(_ client: Connection) {
    if case .delayed(let delay) = client.phase { return endDelay(client, delay) }
    let isHalfRead = client.phase == .reading && client.outbox.isEmpty
    guard isHalfRead, !client.parser.isBetweenRequests || client.head != nil else {
      return drop(client)
    }
    refuse(client, .refusal(.requestTimeout))
    update(client)
  }

  mutating func drop(_ client: Connection) {
    guard connections[client.token] != nil else { return }
    abandonAsk(of: client.token)
    poller.remove(client.descriptor)
    closeDescriptor(client.descriptor)
    connections.remove(client.token)
    client.listener.count -= 1
    client.follower = nil
    client.document = nil
  }
}
