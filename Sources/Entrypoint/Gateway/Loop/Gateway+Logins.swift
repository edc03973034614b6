internal import GatewayProtocol
internal import HTTP
internal import Linux

/// Passwords, and the delays after wrong ones.
extension Gateway {
  enum Login {
    case allowed(username: String?)
    case unneeded
    case missing
    case malformed
    case wrong(username: String)
    /// Logins of this peer are not checked before then.
    case blocked(username: String, until: UInt64)
  }

  /// Requests whose login waits to be checked, of one peer and of all.
  private static let mostWaiting = (peer: 4, all: 64)

  func login(_ client: Connection, _ head: HTTPRequestHead) -> Login {
    guard let expected = client.listener.credentials else { return .allowed(username: nil) }
    if !client.isTrusted, HealthErrand.isOpen(to: head) { return .unneeded }
    switch BasicCredentials.read(head.fields["Authorization"]) {
    case .none: return .missing
    case .malformed: return .malformed
    case .credentials(let given):
      // A client that has logged in on this connection is not delayed by others of its address.
      let verdict = logins.verdict(on: client.peer.key, at: monotonicNanoseconds())
      if case .checkAt(let time) = verdict, !client.isTrusted {
        return .blocked(username: given.username, until: time)
      }
      return given.match(expected)
        ? .allowed(username: given.username) : .wrong(username: given.username)
    }
  }

  /// The answer, and further logins of the same peer, have to wait.
  mutating func refuseLogin(_ client: Connection, _ username: String) {
    let now = monotonicNanoseconds()
    client.isTrusted = false
    client.username = nil
    report(.failedLogin, client.peer, username)
    client.phase = .delayed(.refusal(at: logins.noteFailure(of: client.peer.key, at: now)))
  }

  /// The login is checked when others of this peer have been answered, unless too many wait.
  mutating func postponeLogin(
    _ client: Connection, _ head: HTTPRequestHead, _ username: String, until time: UInt64
  ) {
    let waiting = connections.tenants.filter { client in
      guard case .delayed(.check) = client.phase else { return false }
      return true
    }
    let ofPeer = waiting.count { $0.peer.key == client.peer.key }
    guard waiting.count < Gateway.mostWaiting.all, ofPeer < Gateway.mostWaiting.peer else {
      report(.failedLogin, client.peer, username)
      let seconds = String(LoginLimiter.longestDelay / 1_000_000_000)
      return refuse(client, .refusal(.tooManyRequests).with("Retry-After", seconds))
    }
    client.phase = .delayed(.check(head, at: time))
  }

  mutating func endDelay(_ client: Connection, _ delay: Connection.Delay) {
    client.phase = .reading
    switch delay {
    case .check(let head, _):
      admit(client, head)
      advance(client)
    case .refusal: refuse(client, Gateway.loginRequired(client.head?.path ?? ""))
    }
    update(client)
  }

  static func loginRequired(_ path: String) -> Reply {
    let reply =
      APIRequest.isMeant(by: path)
      ? Reply.json(.unauthorized, .problem(.unauthorized)) : .refusal(.unauthorized)
    return reply.with("WWW-Authenticate", "Basic realm=\"default\"")
  }
}
