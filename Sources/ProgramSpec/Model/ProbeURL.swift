/// What a probe asks, and whom.
package enum ProbeURL: Sendable, Equatable {
  case tcp(Endpoint)
  case unix(path: String)
  case mysql(Endpoint)
  case postgres(Endpoint)
  case redis(Endpoint, RedisLogin?)
  case http(Endpoint, path: String)
  /// PHP-FPM's `ping.path`, asked by FastCGI.
  case fastCGI(FastCGIAddress, path: String)
  case file(path: String)
  /// Passes when the command exits with 0.
  case exec([String])
  /// Passes at once: `sqlite://…` needs no server.
  case always

  package enum FastCGIAddress: Sendable, Equatable {
    case tcp(Endpoint)
    case unix(path: String)
  }
}

/// A host and a port.
package struct Endpoint: Sendable, Equatable {
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  package var host: String
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
