internal import Linux
internal import SuperviseCore

/// New connections at the sockets that a role serves, as a sign that the role has something to do.
///
/// PID 1 does not accept them. Each socket reports once, and again `interval` later: traffic wakes
/// PID 1 seldom, and without traffic nothing does.
struct ConnectionWatch {
  private static let interval = RoleWatch.interval

  private var sockets: [(descriptor: Int32, token: Token)] = []
  /// When the sockets that have reported are watched again; nil: all of them are.
  private(set) var rearmAt: Instant?

  mutating func add(_ descriptor: Int32, _ token: Token) { sockets.append((descriptor, token)) }

  mutating func reported(at now: Instant) {
    rearmAt = rearmAt ?? now.advanced(by: ConnectionWatch.interval)
  }

  /// The sockets to watch again.
  mutating func due(at now: Instant) -> [(descriptor: Int32, token: Token)] {
    guard let rearmAt, rearmAt <= now else { return [] }
    self.rearmAt = nil
    return sockets
  }
}

extension Kernel {
  /// A socket of the gateway that cannot be watched is served nevertheless.
  mutating func beginWatchingConnections() {
    for server in servers {
      guard let token = try? watch(server.descriptor, .connection) else { continue }
      change(server.descriptor, .readableOnce, token)
      connections.add(server.descriptor, token)
    }
  }

  mutating func connectionArrived() {
    connections.reported(at: Kernel.now)
    noteTraffic(of: .gateway)
    waitUntilListening(.gateway)
  }

  mutating func watchConnections(at now: Instant) {
    for socket in connections.due(at: now) {
      change(socket.descriptor, .readableOnce, socket.token)
    }
  }
}
