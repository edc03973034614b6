/// What clients of the control socket and of the HTTP servers did.
package enum ClientNews: Sendable, Equatable {
  /// A client asked for a change that takes time. `changed` or `left` follows.
  case requested(ClientChange)
  /// The change was made; its targets are those that were changed.
  case changed(ClientChange)
  /// The client closed its connection before the change was complete.
  case left(ClientChange)
  /// A wrong user name or password, and so many further ones that were not recorded one by one.
  case failedLogin(ClientOrigin, repetitions: Int)
  /// A change over HTTP with a `Host` that a server without a password does not accept.
  case refusedHost(ClientOrigin, host: String, repetitions: Int)
}

/// A change that a client asked for.
package struct ClientChange: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    case start, stop, restart, roll
    case signal(String)
    case scale(Int)
    case addGroup, removeGroup, updateCron, updateSteps
    case clearLog, clearMainLog
    /// Bytes for the standard input of a program.
    case input(bytes: Int)
    case remoteEvent(type: String)
    case reload, shutdown
  }

  package var action: Action
  /// Names of processes, groups or crons; empty for the supervisor itself.
  package var targets: [String]
  package var origin: ClientOrigin

  package init(_ action: Action, _ targets: [String] = [], by origin: ClientOrigin) {
    self.action = action
    self.targets = targets
    self.origin = origin
  }
}

/// Who a client is, as far as the kernel and the gateway vouch for it.
package struct ClientOrigin: Sendable, Equatable {
  package enum Peer: Sendable, Equatable {
    /// The uid at the other end of PID 1's control socket.
    case control(user: UInt32)
    /// The uid at the other end of a `[unix_http_server]`.
    case unix(user: UInt32)
    /// The IP address at the other end of an `[inet_http_server]`.
    case address(String)
  }

  package var peer: Peer
  /// The user name with which the client logged in, or tried to.
  package var username: String?

  package init(_ peer: Peer, username: String? = nil) {
    self.peer = peer
    self.username = username
  }
}
