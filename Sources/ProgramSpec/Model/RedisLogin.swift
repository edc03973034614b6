/// What AUTH is told: the password alone, or a user of Redis' access control lists and his.
package struct RedisLogin: Sendable, Equatable {
  /// Empty: the default one.
  package var user: String
  package var password: String

  package init(user: String = "", password: String) {
    self.user = user
    self.password = password
  }

  /// As it stands in a URL, before the `@`: RFC 3986, section 3.2.1.
  var text: String { "\(user.percentEncoded):\(password.percentEncoded)" }
}

extension String {
  /// `%40` is `@`; a `%` before anything but two digits stands for itself.
  var percentDecoded: String {
    var result: [UInt8] = []
    var rest = Array(utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let decoded = UInt8(digits, radix: 16)
      {
        result.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  fileprivate var percentEncoded: String {
    utf8.map { byte in
      let isPlain = byte.isVariableName || "-._~".utf8.contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      return isPlain
        ? String(decoding: [byte], as: UTF8.self) : "%\(digits.count < 2 ? "0" : "")\(digits)"
    }.joined()
  }
}
