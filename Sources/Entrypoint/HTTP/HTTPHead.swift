package enum HTTPVersion: String, Sendable {
  case oneZero = "HTTP/1.0"
  case oneOne = "HTTP/1.1"
}

/// All of a request but its body.
package struct HTTPRequestHead: Sendable, Equatable {
  package var method: String
  /// As it came: `/logtail/cat?x=1`, or with scheme and host in front as proxies are asked.
  package var target: String
  package var version: HTTPVersion
  package var fields: HTTPFields
  /// Of the body; zero where none is announced.
  package internal(set) var contentLength = 0

  package init(
    method: String, target: String, version: HTTPVersion = .oneOne, fields: HTTPFields = .init()
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
  }

  /// Before the `?`, not decoded; without scheme and host.
  package var path: String { String(repairing: originForm.prefix { $0 != UInt8(ascii: "?") }) }

  /// After the `?`, not decoded; empty where there is none.
  package var query: String {
    String(repairing: originForm.drop { $0 != UInt8(ascii: "?") }.dropFirst())
  }

  /// The host and port of a target in absolute form; nil for the usual target, a path.
  package var authority: String? {
    let bytes = Array(target.utf8)[...]
    for scheme in ["http://", "https://"]
    where bytes.prefix(scheme.utf8.count).equalsIgnoringCase(scheme.utf8) {
      let rest = bytes.dropFirst(scheme.utf8.count)
      return String(repairing: rest.prefix { !"/?".utf8.contains($0) })
    }
    return nil
  }

  private var originForm: ArraySlice<UInt8> {
    let bytes = Array(target.utf8)[...]
    for scheme in ["http://", "https://"] where bytes.count >= scheme.utf8.count {
      guard bytes.prefix(scheme.utf8.count).equalsIgnoringCase(scheme.utf8) else { continue }
      let rest = bytes.dropFirst(scheme.utf8.count).drop { !"/?".utf8.contains($0) }
      return rest.isEmpty ? Array("/".utf8)[...] : rest
    }
    return bytes
  }

  /// Whether another request may follow on this connection: RFC 9112 section 9.3.
  package var keepsAlive: Bool {
    if fields.list("Connection", has: "close") { return false }
    return version == .oneOne || fields.list("Connection", has: "keep-alive")
  }

  /// The client waits for a 100 before it sends the body.
  package var expectsContinue: Bool {
    version == .oneOne && contentLength > 0 && fields.list("Expect", has: "100-continue")
  }
}

/// All of a response but its body.
package struct HTTPResponseHead: Sendable, Equatable {
  package var version: HTTPVersion
  package var status: Int
  package var reason: String
  package var fields: HTTPFields

  package init(version: HTTPVersion, status: Int, reason: String, fields: HTTPFields = .init()) {
    self.version = version
    self.status = status
    self.reason = reason
    self.fields = fields
  }

  /// Whether another request may be sent on this connection after the body.
  package var keepsAlive: Bool {
    if fields.list("Connection", has: "close") { return false }
    return version == .oneOne || fields.list("Connection", has: "keep-alive")
  }
}
