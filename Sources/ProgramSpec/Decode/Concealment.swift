/// What nobody may read in a message or in what `config` shows: secrets, passwords in URLs, and
/// variables whose names say that they are secret.
enum Concealment {
  static let mask = "***"

  /// Shorter ones would be found everywhere; they are masked by name alone.
  private static let shortestSought = 4

  /// The value of a key, fit to be shown.
  static func shown(_ value: String, of key: Key?, _ secrets: [String]) -> String {
    if key?.isSecret == true { return mask }
    let text = without(secrets, value)
    return key?.name == "environment" ? pairs(text) : withoutPasswords(text)
  }

  /// With every occurrence of a secret masked.
  static func without(_ secrets: [String], _ text: String) -> String {
    var text = text
    for secret in secrets where secret.utf8.count >= shortestSought && text.holds(secret) {
      text = replace(secret, in: text)
    }
    return text
  }

  private static func replace(_ secret: String, in text: String) -> String {
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.first {
      if rest.starts(with: secret.utf8) {
        result += Array(mask.utf8)
        rest = rest.dropFirst(secret.utf8.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `scheme://user:password@host`, and Redis' `scheme://password@host`: RFC 3986, section 3.2.1.
  static func withoutPasswords(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index...].starts(with: "://".utf8) else {
        result.append(bytes[index])
        index += 1
        continue
      }
      index += 3
      result += Array("://".utf8)
      let end = bytes[index...].firstIndex { $0 <= 32 || "/?#\"'<>".utf8.contains($0) }
      let authority = bytes[index..<(end ?? bytes.count)]
      guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { continue }
      if let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":")) {
        result += authority[...colon]
      }
      result += Array(mask.utf8)
      index = at
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `NAME="value"` pairs, those with a telling name masked; as it is where none has one.
  private static func pairs(_ text: String) -> String {
    guard let pairs = try? EnvironmentPairs.parse(text),
      pairs.contains(where: { soundsSecret($0.name) })
    else { return withoutPasswords(text) }
    return pairs.map { pair in
      let value = soundsSecret(pair.name) ? mask : withoutPasswords(pair.value).pairQuoted
      return "\(pair.name)=\"\(value)\""
    }.joined(separator: ",")
  }

  private static func soundsSecret(_ name: String) -> Bool {
    let upper = name.uppercased()
    let words = [
      "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY",
    ]
    let endings = ["_KEY", "_PASS", "_PWD", "_PW", "_DSN"]
    return upper == "KEY" || words.contains { upper.holds($0) }
      || endings.contains { upper.hasSuffix($0) }
  }
}

extension Diagnostic {
  /// Values stand in it as they were after the expansion.
  func concealing(_ secrets: [String]) -> Diagnostic {
    func masked(_ text: String) -> String {
      Concealment.withoutPasswords(Concealment.without(secrets, text))
    }
    var copy = self
    switch problem {
    case .badValue(let key, let section, let value, let reason):
      copy.problem = .badValue(
        key: key, section: section, value: masked(value), reason: masked(reason))
    case .contradiction(let text): copy.problem = .contradiction(masked(text))
    case .environmentFile(let reason): copy.problem = .environmentFile(reason: masked(reason))
    case .advice(let name, let sentence): copy.problem = .advice(name, masked(sentence))
    case .badName(let name, let character):
      copy.problem = .badName(masked(name), character: character)
    case .unknownPreset(let name, let known):
      copy.problem = .unknownPreset(masked(name), known: known)
    case .unknownEvent(let name, let section):
      copy.problem = .unknownEvent(masked(name), section: section)
    default: break
    }
    return copy
  }
}

extension String {
  /// For a value between double quotes.
  fileprivate var pairQuoted: String {
    var bytes: [UInt8] = []
    for byte in utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(UInt8(ascii: "\\"))
      }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
