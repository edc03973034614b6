/// One HTTP server of the gateway: `[unix_http_server…]` or `[inet_http_server…]`.
package struct HTTPServer: Sendable, Equatable {
  package enum Address: Sendable, Equatable {
    /// `owner` and `group` are -1 where `chown` does not name them, as in chown(2).
    case unix(path: String, mode: UInt32, owner: Int64, group: Int64)
    /// An empty host means every address.
    case inet(host: String, port: UInt16)
  }

  /// How a client proves who it is.
  package enum Authentication: Sendable, Equatable {
    /// Every client that reaches the socket is accepted.
    case none
    /// RFC 7617. The password is clear text, or `{SHA}` and the lower-case SHA-1 in hexadecimal.
    case basic(username: String, password: String)
  }

  package var address: Address
  package var authentication = Authentication.none
  /// The values of the `Host` field, in lower case and without a port, that a server without
  /// authentication accepts for changes in addition to loopback names, addresses and the name of
  /// the container.
  package var allowedHosts: [String] = []
  package var location = Location.nowhere

  package init(address: Address) { self.address = address }
}
