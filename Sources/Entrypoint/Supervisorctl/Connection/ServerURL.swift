/// Where the server is: `unix:///run/supervisor.sock`, `http://host:9001`, `http://[::1]:9001`.
struct ServerURL: Equatable {
  enum Place: Equatable {
    case local(path: String)
    case network(host: String, port: UInt16)
  }

  static let local = "unix://"
  private static let remote = "http://"

  /// As it was given; messages show it.
  let text: String
  let place: Place
  /// `user:password@` in front of the host.
  var credentials: (username: String, password: String)? {
    username.map { ($0, password ?? "") }
  }
  private var username: String?
  private var password: String?

  /// nil for what is neither of the two.
  init?(_ text: String) {
    self.text = text
    if text.hasPrefix(ServerURL.local) {
      place = .local(path: String(text.dropFirst(ServerURL.local.count)))
      return
    }
    guard text.hasPrefix(ServerURL.remote) else { return nil }
    let rest = Array(text.utf8.dropFirst(ServerURL.remote.utf8.count))
    var authority = rest.prefix { !"/?#".utf8.contains($0) }
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      let parts = authority[..<at].split(
        separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
      username = parts.first.map { String(decoding: $0, as: UTF8.self) }
      password = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil
      authority = authority[(at + 1)...]
    }
    guard let place = ServerURL.network(authority) else { return nil }
    self.place = place
  }

  private static func network(_ authority: ArraySlice<UInt8>) -> Place? {
    var host = authority
    var port: UInt16 = 80
    let colon = authority.lastIndex(of: UInt8(ascii: ":"))
    let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? -1
    if let colon, colon > bracket {
      let digits = String(decoding: authority[(colon + 1)...], as: UTF8.self)
      guard digits.isEmpty || UInt16(digits) != nil else { return nil }
      port = UInt16(digits) ?? port
      host = authority[..<colon]
    }
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
      host = host.dropFirst().dropLast()
    }
    guard !host.isEmpty else { return nil }
    return .network(host: String(decoding: host, as: UTF8.self), port: port)
  }

  /// What Python's urllib finds a scheme and something behind it in: all that `-s` asks for.
  static func looksLikeOne(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      let first = bytes.first, isLetter(first),
      bytes[..<colon].allSatisfy({
        isLetter($0) || (48...57).contains($0) || "+-.".utf8.contains($0)
      })
    else { return false }
    let rest = bytes[(colon + 1)...].prefix { !"?#".utf8.contains($0) }
    return !rest.isEmpty && Array(rest) != Array("//".utf8)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 32) }

  static func == (left: ServerURL, right: ServerURL) -> Bool { left.text == right.text }
}
