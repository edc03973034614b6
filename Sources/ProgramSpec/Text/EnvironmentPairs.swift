/// `environment=KEY="value",KEY2=value2`, read as supervisord reads it: Python's shlex in POSIX
/// mode with `/.+-():` as further letters, tokens in threes, and one separator of any kind between
/// pairs.
package enum EnvironmentPairs {
  package static func parse(_ text: String) throws(ValueProblem) -> [Variable] {
    let tokens = try tokens(of: text)
    var pairs: [Variable] = []
    var index = 0
    while index < tokens.count {
      guard index + 2 < tokens.count, tokens[index + 1] == "=" else {
        throw ValueProblem(
          "Unexpected end of key/value pairs in value \(text.quoted); quote values like KEY=\"a@b\""
        )
      }
      set(tokens[index], tokens[index + 2], in: &pairs)
      index += 4
    }
    return pairs
  }

  /// The pairs as they are written, if every variable in them stands between quotation marks.
  static func quoted(in text: String) -> [Variable]? {
    guard let pairs = try? parse(text) else { return nil }
    let inside = pairs.reduce(0) { $0 + $1.value.references }
    return inside == text.references ? pairs : nil
  }

  private static func set(_ name: String, _ value: String, in pairs: inout [Variable]) {
    pairs.removeAll { $0.name == name }
    pairs.append(Variable(name, value))
  }

  private static func tokens(of text: String) throws(ValueProblem) -> [String] {
    var tokens: [String] = []
    var word: [UInt8]?
    var bytes = ByteCursor(text)
    func finish() {
      if let complete = word { tokens.append(String(decoding: complete, as: UTF8.self)) }
      word = nil
    }
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "'"): word = (word ?? []) + (try bytes.until(byte, escapes: false))
      case UInt8(ascii: "\""): word = (word ?? []) + (try bytes.until(byte, escapes: true))
      case UInt8(ascii: "\\"):
        guard let next = bytes.next() else { throw ValueProblem("No escaped character") }
        word = (word ?? []) + [next]
      case UInt8(ascii: "#"):
        finish()
        while let next = bytes.next(), next != UInt8(ascii: "\n") {}
      case let letter where letter.isEnvironmentLetter: word = (word ?? []) + [letter]
      case let blank where blank.isBlank: finish()
      default:
        finish()
        tokens.append(String(decoding: [byte], as: UTF8.self))
      }
    }
    finish()
    return tokens
  }
}

extension String {
  /// How many `%(` there are.
  fileprivate var references: Int {
    let bytes = Array(utf8)
    return bytes.indices.count { bytes[$0...].starts(with: "%(".utf8) }
  }
}

extension UInt8 {
  fileprivate var isEnvironmentLetter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case 0x80...: true
    default: "_/.+-():".utf8.contains(self)
    }
  }
}
