internal import SafeText

/// `[unix_http_server…]` and `[inet_http_server…]`.
extension SectionReader {
  mutating func server() -> HTTPServer? {
    guard let address = kinds == .unixServer ? unixAddress() : inetAddress() else { return nil }
    var server = HTTPServer(address: address)
    server.authentication = authentication()
    server.location = section.location
    if kinds == .inetServer { server.allowedHosts = allowedHosts() }
    return server
  }

  /// As supervisord, a server without both keys has no authentication, and a server with only one
  /// of them is an error.
  private mutating func authentication() -> HTTPServer.Authentication {
    switch (text("username"), text("password")) {
    case (nil, nil): return .none
    case (let username?, let password?):
      if username.isEmpty || password.isEmpty { return emptyLogin(username, password) }
      return .basic(username: username, password: password)
    case (nil, _?): return halfLogin(present: "password", missing: "username")
    case (_?, nil): return halfLogin(present: "username", missing: "password")
    }
  }

  private mutating func halfLogin(
    present: String, missing: String
  ) -> HTTPServer.Authentication {
    context.report(
      .error, location(present), .halfAuthentication(section: section.name, missing: missing))
    return .none
  }

  /// An empty user name turns authentication off in supervisord, and an empty password is one that
  /// every client knows. Under our own name both are errors: an empty value usually comes from a
  /// variable that the environment does not have.
  private mutating func emptyLogin(
    _ username: String, _ password: String
  ) -> HTTPServer.Authentication {
    guard context.surroundings.calledAs != .supervisord else {
      return username.isEmpty ? .none : .basic(username: username, password: password)
    }
    for (key, value) in [("username", username), ("password", password)] where value.isEmpty {
      context.report(
        .error, location(key), .emptyLogin(key: key, section: section.name))
    }
    return .none
  }

  private mutating func allowedHosts() -> [String] {
    let text = text("allowed_hosts") ?? ""
    let hosts = Scalar.list(text).map { $0.lowercased() }
    for host in hosts where !host.utf8.allSatisfy({ $0.isHostNameCharacter }) {
      let hint = "write only the name, like app.example.com, without scheme, port and path"
      reject("allowed_hosts", text, ValueProblem("invalid host name \(host.quoted); \(hint)"))
    }
    guard hosts.joined(separator: ",").utf8.count <= HTTPServer.longestAllowedHosts else {
      reject("allowed_hosts", "…", ValueProblem("the list is longer than 4 KB"))
      return []
    }
    return hosts
  }

  private mutating func unixAddress() -> HTTPServer.Address? {
    guard let path = required("file") else { return nil }
    let mode = value("chmod", 0o700, Scalar.octal)
    let owner = written("chown", context.surroundings.identity)
    return .unix(
      path: context.surroundings.absolute(path), mode: mode,
      owner: owner.map { Int64($0.user) } ?? -1, group: owner.map { Int64($0.group) } ?? -1)
  }

  private mutating func inetAddress() -> HTTPServer.Address? {
    guard let text = required("port") else { return nil }
    let parts = text.trimmed.fields(separatedBy: ":", omittingEmpty: false)
    guard let port = parts.last.flatMap({ UInt16($0) }), port > 0 else {
      reject("port", text, ValueProblem("not a valid port number: \(text.quoted)"))
      return nil
    }
    let host = parts.dropLast().joined(separator: ":").lowercased()
    return .inet(host: host == "*" ? "" : host, port: port)
  }
}

extension HTTPServer {
  /// In bytes, with a comma between two names: one text of a message to the gateway.
  fileprivate static let longestAllowedHosts = 4 << 10
}

extension UInt8 {
  /// RFC 952 and RFC 1123, with the underscore that Docker Compose allows in service names.
  fileprivate var isHostNameCharacter: Bool {
    isVariableName || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
  }
}
