internal import GatewayProtocol
internal import HTTP
internal import Linux

/// New connections, and which old one makes room for a new one.
extension Gateway {
  /// Accepted from one listener before the others have their turn.
  static let mostAccepts = 64
  /// Clients of one listener that wants a password and that have not proved who they are.
  private static let mostUntrusted = 128

  mutating func accept(_ listener: Listener) {
    // Once for all that come: a flood would make each of them cost a look at all connections.
    defer { makeRoom(at: listener) }
    for _ in 0..<Gateway.mostAccepts {
      do throws(Errno) {
        try welcome(try acceptLocally(listener.descriptor), listener)
      } catch {
        // Of a client that has left there is nothing to accept; the next one may be there.
        if error == .connectionAborted || error.isLossOfPeer { continue }
        if error != .wouldBlock { pauseListening() }
        return
      }
    }
  }

  /// accept(2) failed for lack of descriptors or memory. The socket stays readable, so that the
  /// loop would spin: the next attempt is later.
  private mutating func pauseListening() {
    isShortOfFiles = true
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

  private mutating func welcome(
    _ accepted: (client: Int32, user: UInt32), _ listener: Listener
  ) throws(Errno) {
    let peer: Peer
    do throws(Errno) {
      peer =
        listener.description.isUnix
        ? Peer(user: accepted.user) : Peer(try NetworkAddress(peerOf: accepted.client))
    } catch {
      closeDescriptor(accepted.client)
      throw error
    }
    let now = monotonicNanoseconds()
    listener.count += 1
    let connection = connections.insert { token in
      Connection(accepted.client, token, listener: listener, peer: peer, now: now)
    }
    do { try poller.add(accepted.client, .readable, connection.token) } catch {
      return drop(connection)
    }
    // During a flood the request of the client has often arrived already. The gateway reads the
    // request before further clients could replace this one.
    serve(connection, .readable)
  }

  // MARK: Shares

  /// The connections that this listener may have now.
  private func limit(of listener: Listener) -> Int {
    let others = listeners.tenants.filter { $0 !== listener }.map(\.count)
    return ListenerShares.connections.limit(whileOthersHave: others)
  }

  func noteScarcity() {
    for listener in listeners.tenants {
      listener.isScarce = listener.count > limit(of: listener) / 2
    }
  }

  /// Closes what the listener has beyond its limits.
  private mutating func makeRoom(at listener: Listener) {
    let excess = listener.count - limit(of: listener)
    if excess > 0 { close(excess, of: connections.tenants.filter { $0.listener === listener }) }
    guard listener.description.login != nil, listener.count > Gateway.mostUntrusted else { return }
    let untrusted = connections.tenants.filter { $0.listener === listener && !$0.isTrusted }
    close(untrusted.count - Gateway.mostUntrusted, of: untrusted)
  }

  private mutating func close(_ count: Int, of candidates: [Connection]) {
    guard count > 0 else { return }
    for victim in victims(count, of: candidates.map(\.rank)) { drop(candidates[victim]) }
  }

  // MARK: Reports

  /// For the main log; when there are many, later, and then their number.
  mutating func report(_ kind: GatewayReport.Kind, _ peer: Peer, _ text: String) {
    let shown = String(decoding: text.utf8.prefix(Gateway.longestReport), as: UTF8.self)
    guard let report = reports.note(kind, peer, shown, at: monotonicNanoseconds()) else { return }
    send(report)
  }

  mutating func sendDueReports(at now: UInt64) {
    guard let deadline = reports.nextDeadline, deadline <= now else { return }
    for report in reports.dueReports(at: now) { send(report) }
  }

  /// While the channel is full there is no room for reports: requests are more important.
  private func send(_ report: GatewayReport) {
    try? sendMessage(channel, GatewayMessage.report(report).encoded)
  }

  /// Bytes of a user name or host in a report.
  private static let longestReport = 256
}

extension Connection {
  /// What decides whether it is closed when connections are scarce.
  var rank: AdmissionRank {
    AdmissionRank(peer: peer.key, usefulness: usefulness, order: order)
  }

  private var usefulness: AdmissionRank.Usefulness {
    switch phase {
    case .lingering: .lingering
    case .reading: !hasAsked ? .silent : isIdle ? .idle : .sending
    case .following: .following
    case .delayed: .delayed
    case .working: .working
    }
  }

  /// The order among equally useful connections. The oldest silent connection is closed first,
  /// whatever bytes the client has sent. The newest idle connection is closed first, so that a
  /// client that sends a request from time to time keeps its connection during a flood. Of all
  /// others, the connection without progress for the longest time is closed first.
  private var order: UInt64 {
    switch usefulness {
    case .silent: accepted
    case .idle: .max - accepted
    case .lingering, .sending, .following, .delayed, .working, .new: lastProgress
    }
  }
}
