/// A name and a password as RFC 7617 carries them, and as supervisord's configuration keeps them.
package struct BasicCredentials: Sendable, Equatable {
  package var username: String
  /// In a configuration also `{SHA}` and the hexadecimal SHA-1 of the password.
  package var password: String

  package init(username: String, password: String) {
    self.username = username
    self.password = password
  }

  package enum Reading: Sendable, Equatable {
    case none
    case malformed
    case credentials(BasicCredentials)
  }

  /// Out of an Authorization field; another scheme than Basic is none.
  package static func read(_ field: String?) -> Reading {
    guard let field else { return .none }
    let value = Array(field.utf8)
    let scheme = value.prefix { $0 != 32 }
    guard scheme.equalsIgnoringCase("Basic".utf8) else { return .none }
    guard let pair = Base64.decode(value.dropFirst(scheme.count)),
      let colon = pair.firstIndex(of: UInt8(ascii: ":"))
    else { return .malformed }
    return .credentials(
      BasicCredentials(
        username: String(repairing: pair[..<colon]),
        password: String(repairing: pair[(colon + 1)...])))
  }

  /// The value of an Authorization field.
  package var field: String {
    "Basic " + String(repairing: Base64.encode(Array("\(username):\(password)".utf8)))
  }

  /// Whether these, which somebody sent, are those of the configuration. Both parts are compared
  /// always and in full, so that the time it takes tells nothing about either.
  package func match(_ expected: BasicCredentials) -> Bool {
    let isUser = SHA1.digest(Array(username.utf8)).equalsSteadily(
      SHA1.digest(Array(expected.username.utf8)))
    let isPassword = expected.hashedPassword.equalsSteadily(
      SHA1.hexadecimalDigest(Array(password.utf8)))
    return isUser && isPassword
  }

  private var hashedPassword: [UInt8] {
    let bytes = Array(password.utf8)
    let mark = Array("{SHA}".utf8)
    guard bytes.starts(with: mark) else { return SHA1.hexadecimalDigest(bytes) }
    return Array(bytes.dropFirst(mark.count))
  }
}

extension [UInt8] {
  /// In a time that depends on the lengths alone, which for digests are no secret.
  package func equalsSteadily(_ other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return zip(self, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
