internal import SafeText

extension ProbeURL {
  /// Reads one of the URLs that `url`, `ready` and `health` take.
  package static func parse(_ text: String) throws(ValueProblem) -> ProbeURL {
    let trimmed = text.trimmed
    guard let colon = trimmed.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw unknown(text) }
    let scheme = trimmed[..<colon].lowercased()
    var rest = String(trimmed[trimmed.utf8.index(after: colon)...])
    if scheme == "exec" { return .exec(try command(rest)) }
    guard rest.hasPrefix("//") else { throw unknown(text) }
    rest = String(rest.dropFirst(2))
    switch scheme {
    case "tcp": return .tcp(try endpoint(rest, port: nil))
    case "unix": return .unix(path: try absolute(rest))
    case "mysql", "mariadb": return .mysql(try endpoint(authority(rest).server, port: 3306))
    case "postgres", "pgsql", "postgresql":
      return .postgres(try endpoint(authority(rest).server, port: 5432))
    case "redis": return try redis(rest)
    case "http": return try http(rest)
    case "fcgi": return try fastCGI(rest)
    case "file": return .file(path: try absolute(rest))
    case "sqlite": return .always
    default: throw unknown(text)
    }
  }

  private static func unknown(_ text: String) -> ValueProblem {
    ValueProblem(
      "not a valid probe URL: \(text.quoted); write one of tcp://host:port, unix:///path, "
        + "mysql://host, postgres://host, redis://host, http://host/path, fcgi://host:port/path, "
        + "file:///path, exec:command")
  }

  private static func command(_ text: String) throws(ValueProblem) -> [String] {
    let words = try ShellWords.split(text)
    guard !words.isEmpty else { throw ValueProblem("exec: needs a command after the colon") }
    return words
  }

  private static func absolute(_ path: String) throws(ValueProblem) -> String {
    guard path.hasPrefix("/") else {
      throw ValueProblem("\(path.quoted) is not an absolute path; write three slashes before it")
    }
    return path
  }

  /// What stands before the path of a database URL: RFC 3986, section 3.2. The user and the
  /// password of a probe of MySQL or PostgreSQL are not needed.
  private static func authority(
    _ text: String
  ) throws(ValueProblem) -> (login: Substring?, server: String) {
    let host = text.prefix { $0 != "/" && $0 != "?" }
    guard let at = host.lastIndex(of: "@") else {
      // One in the path is nobody's business, unless what stands before is half a password.
      guard !text.contains("@") || (try? endpoint(String(host), port: 1)) != nil else {
        throw ValueProblem("write / in a password as %2F, and ? as %3F")
      }
      return (nil, String(host))
    }
    return (host[..<at], String(host[host.index(after: at)...]))
  }

  /// `redis://user:password@host`, `redis://:password@host` and, as many write it,
  /// `redis://password@host`. An empty password is none.
  private static func redis(_ text: String) throws(ValueProblem) -> ProbeURL {
    let (login, server) = try authority(text)
    let parts = (login ?? "").fields(
      separatedBy: ":", maxSplits: 1, omittingEmpty: false)
    let password = String(parts.last ?? "").percentDecoded
    let user = parts.count == 2 ? String(parts[0]).percentDecoded : ""
    return .redis(
      try endpoint(server, port: 6379),
      password.isEmpty ? nil : RedisLogin(user: user, password: password))
  }

  private static func http(_ text: String) throws(ValueProblem) -> ProbeURL {
    let slash = text.firstIndex(of: "/") ?? text.endIndex
    let path = text[slash...].isEmpty ? "/" : String(text[slash...])
    guard !path.utf8.contains(where: { $0 <= 32 }) else {
      throw ValueProblem("the path of an http:// URL cannot contain blanks: \(path.quoted)")
    }
    return .http(try endpoint(String(text[..<slash]), port: 80), path: path)
  }

  private static func fastCGI(_ text: String) throws(ValueProblem) -> ProbeURL {
    if text.hasPrefix("/") {
      let parts = text.fields(separatedBy: "#", maxSplits: 1, omittingEmpty: false)
      guard parts.count == 2, parts[1].hasPrefix("/") else {
        throw ValueProblem("write the ping path after a #, as in fcgi:///run/php-fpm.sock#/ping")
      }
      return .fastCGI(.unix(path: String(parts[0])), path: String(parts[1]))
    }
    guard let slash = text.firstIndex(of: "/") else {
      throw ValueProblem("write the ping path after the port, as in fcgi://127.0.0.1:9000/ping")
    }
    let server = try endpoint(String(text[..<slash]), port: 9000)
    return .fastCGI(.tcp(server), path: String(text[slash...]))
  }

  /// `host:port`, `[v6]:port`, or the host alone where there is a usual port.
  static func endpoint(_ text: String, port usual: UInt16?) throws(ValueProblem) -> Endpoint {
    guard !text.contains("@") else {
      throw ValueProblem("a user or a password has no place in this URL; write the host alone")
    }
    let (host, port) = split(text)
    guard !host.isEmpty else { throw ValueProblem("there is no host in \(text.quoted)") }
    guard let port else {
      guard let usual else {
        throw ValueProblem("there is no port in \(text.quoted); write host:port")
      }
      return Endpoint(host: host, port: usual)
    }
    guard let number = UInt16(port), number > 0 else {
      throw ValueProblem("not a valid port number: \(port.quoted)")
    }
    return Endpoint(host: host, port: number)
  }

  private static func split(_ text: String) -> (host: String, port: String?) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      return (host, rest.hasPrefix(":") ? String(rest.dropFirst()) : nil)
    }
    guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
  }
}

extension Endpoint: CustomStringConvertible {
  /// `db:3306`, `[::1]:3306`.
  package var description: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension ProbeURL: CustomStringConvertible {
  /// The URL as it may be shown to anybody: without its password.
  package var description: String { text { _ in ":***" } }

  /// For the title of a process, which everybody may read: a query may hold a token.
  package var title: String {
    guard case .http(let endpoint, let path) = self else { return description }
    return "http://\(endpoint)\(path.prefix { $0 != "?" })"
  }

  /// The URL with its password: for the probe itself, and nobody else.
  package var confidentialText: String { text(login: \.text) }

  private func text(login shown: (RedisLogin) -> String) -> String {
    switch self {
    case .tcp(let endpoint): "tcp://\(endpoint)"
    case .unix(let path): "unix://\(path)"
    case .mysql(let endpoint): "mysql://\(endpoint)"
    case .postgres(let endpoint): "postgres://\(endpoint)"
    case .redis(let endpoint, .none): "redis://\(endpoint)"
    case .redis(let endpoint, .some(let login)): "redis://\(shown(login))@\(endpoint)"
    case .http(let endpoint, let path): "http://\(endpoint)\(path)"
    case .fastCGI(.tcp(let endpoint), let path): "fcgi://\(endpoint)\(path)"
    case .fastCGI(.unix(let socket), let path): "fcgi://\(socket)#\(path)"
    case .file(let path): "file://\(path)"
    case .exec(let words): "exec:\(words.map(\.shellQuoted).joined(separator: " "))"
    case .always: "sqlite://"
    }
  }
}

extension String {
  /// So that splitting it into words gives it back.
  package var shellQuoted: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        byte > 32 && !"'\"\\".utf8.contains(byte)
      }
    guard !isPlain else { return self }
    return "'" + fields(separatedBy: "'", omittingEmpty: false).joined(separator: "'\\''")
      + "'"
  }
}
