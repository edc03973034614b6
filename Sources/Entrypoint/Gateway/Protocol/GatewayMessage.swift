/// What PID 1 and its gateway say to each other, one record of a SOCK_SEQPACKET channel each.
package enum GatewayMessage: Sendable, Equatable {
  /// To the gateway, with a listening socket.
  case serve(GatewayListener)
  /// To the gateway, before the first socket: who it speaks for.
  case identity(identifier: String, version: String)
  /// To the gateway: send what is to be sent and end.
  case finish
  /// To PID 1, with one end of a stream: one more client of the control socket, who will send one
  /// line and be answered, and then hang up.
  case request
}

/// A socket of `[unix_http_server]` or `[inet_http_server]`.
package struct GatewayListener: Sendable, Equatable {
  /// The path, or `host:port`.
  package var name: String
  package var isUnix: Bool
  /// Empty: nobody is asked for a password.
  package var username: String
  /// As it is written in the configuration: plain, or `{SHA}` and a digest.
  package var password: String

  package init(name: String, isUnix: Bool, username: String = "", password: String = "") {
    self.name = name
    self.isUnix = isUnix
    self.username = username
    self.password = password
  }
}
