internal import HTTP
internal import Linux

/// Clients as they come, send, fetch and go.
extension Gateway {
  /// In all; more wait in the kernel's queue. Each is a descriptor, and may be two more.
  private static let mostConnections = 1024
  /// Who have not said who they are; the one that has been there longest makes room.
  private static let mostUntrusted = 128
  /// What all clients together may make us keep, in and out.
  static let mostPending = 64 << 20
  /// Taken from one client before the others have their turn.
  private static let mostReads = 4

  // MARK: Coming

  mutating func accept(_ listener: Listener) {
    while connections.count < Gateway.mostConnections {
      do throws(Errno) {
        try welcome(try acceptLocally(listener.descriptor).client, listener)
      } catch {
        // What is short is not there at once: the next try is later.
        isShortOfFiles = error.isShortage
        if isShortOfFiles { pauseListening() }
        return
      }
    }
    pauseListening()
  }

  private mutating func welcome(_ descriptor: Int32, _ listener: Listener) throws(Errno) {
    let isTrusted = listener.credentials == nil
    if !isTrusted { makeRoom() }
    let now = monotonicNanoseconds()
    let connection = connections.insert { token in
      Connection(
        descriptor, token, listener: listener, isTrusted: isTrusted, now: now)
    }
    do { try poller.add(descriptor, .readable, connection.token) } catch {
      drop(connection)
    }
  }

  private mutating func makeRoom() {
    let untrusted = connections.tenants.filter { !$0.isTrusted }
    guard untrusted.count >= Gateway.mostUntrusted,
      let oldest = untrusted.min(by: { $0.accepted < $1.accepted })
    else { return }
    drop(oldest)
  }

  private mutating func pauseListening() {
    for listener in listeners.tenants where listener.isWatched {
      poller.remove(listener.descriptor)
      listener.isWatched = false
    }
  }

  mutating func resumeListening() {
    isShortOfFiles = false
    for listener in listeners.tenants where !listener.isWatched { resumeListening(listener) }
  }

  func resumeListening(_ listener: Listener) {
    guard (try? poller.add(listener.descriptor, .readable, listener.token)) != nil else { return }
    listener.isWatched = true
  }

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

  /// Whether so many more bytes may be kept. When not, those give way who have not fetched their
  /// answers for a while.
  mutating func hasRoom(for bytes: Int) -> Bool {
    if pendingBytes + bytes <= Gateway.mostPending { return true }
    let now = monotonicNanoseconds()
    for client in connections.tenants where client.isFetching {
      if client.lastProgress + Connection.Patience.whenShort <= now { drop(client) }
    }
    return pendingBytes + bytes <= Gateway.mostPending
  }

  private var pendingBytes: Int { connections.tenants.reduce(0) { $0 + $1.footprint } }

  // MARK: Going

  /// The answer is on its way; the client is to have it before it learns that nothing more comes.
  mutating func linger(_ client: Connection) {
    client.phase = .lingering
    client.lastProgress = monotonicNanoseconds()
    endSending(client.descriptor)
  }

  mutating func expire(_ client: Connection) {
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
    client.follower = nil
    client.document = nil
    if connections.count < Gateway.mostConnections, !isShortOfFiles { resumeListening() }
  }
}
