/// Why a text is no JSON, and where.
package struct JSONProblem: Error, Sendable, Equatable {
  /// Both counted from 1, the column in bytes.
  package var line: Int
  package var column: Int
  package var reason: String
}

/// Reads one value by the letter of RFC 8259. Reading never traps, and nothing nests deeper than it
/// is worth, so that no text can exhaust the stack.
struct JSONReader {
  private static let deepest = 32
  private let text: ArraySlice<UInt8>
  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) {
    self.text = text
    rest = text
  }

  mutating func wholeValue() throws(JSONProblem) -> JSONValue {
    let value = try value(depth: 0)
    skipBlanks()
    guard rest.isEmpty else { throw problem("something follows the value") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
    skipBlanks()
    guard depth < JSONReader.deepest else { throw problem("nested too deeply") }
    switch rest.first {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), .some(48...57): return .number(try number())
    case nil: throw problem("the text ends where a value should be")
    default: throw problem("expected a value")
    }
  }

  private func problem(_ reason: String) -> JSONProblem {
    let before = text[..<rest.startIndex]
    let start = before.lastIndex(of: 10).map { $0 + 1 } ?? before.startIndex
    return JSONProblem(
      line: before.count { $0 == 10 } + 1, column: rest.startIndex - start + 1, reason: reason)
  }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }
  }

  private mutating func eat(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
    guard rest.starts(with: word.utf8) else { throw problem("expected a value") }
    rest = rest.dropFirst(word.utf8.count)
    return value
  }

  private mutating func array(_ depth: Int) throws(JSONProblem) -> JSONValue {
    rest = rest.dropFirst()
    var elements: [JSONValue] = []
    if eat(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while eat(UInt8(ascii: ","))
    guard eat(UInt8(ascii: "]")) else { throw problem("expected , or ]") }
    return .array(elements)
  }

  private mutating func object(_ depth: Int) throws(JSONProblem) -> JSONValue {
    rest = rest.dropFirst()
    var fields: [String: JSONValue] = [:]
    if eat(UInt8(ascii: "}")) { return .object(fields) }
    repeat {
      skipBlanks()
      guard rest.first == UInt8(ascii: "\"") else { throw problem("expected a name in quotes") }
      let key = try string()
      guard eat(UInt8(ascii: ":")) else { throw problem("expected :") }
      fields[key] = try value(depth: depth + 1)
    } while eat(UInt8(ascii: ","))
    guard eat(UInt8(ascii: "}")) else { throw problem("expected , or }") }
    return .object(fields)
  }
}

// Numbers
extension JSONReader {
  private mutating func number() throws(JSONProblem) -> Double {
    let start = rest
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = digits()
    let hasLeadingZero = whole.count > 1 && whole.first == 48
    guard !whole.isEmpty, !hasLeadingZero else { throw problem("not a number") }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard !digits().isEmpty else { throw problem("expected a digit") }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard !digits().isEmpty else { throw problem("expected a digit") }
    }
    let written = String(decoding: start[..<rest.startIndex], as: UTF8.self)
    guard let number = Double(written), number.isFinite else { throw problem("not a number") }
    return number
  }

  private mutating func digits() -> ArraySlice<UInt8> {
    let found = rest.prefix { (48...57).contains($0) }
    rest = rest.dropFirst(found.count)
    return found
  }
}

// Strings
extension JSONReader {
  private mutating func string() throws(JSONProblem) -> String {
    rest = rest.dropFirst()
    var bytes: [UInt8] = []
    while let byte = rest.first {
      guard byte >= 32 else {
        throw problem("a control character in a string; write \\n or \\u000a")
      }
      rest = rest.dropFirst()
      if byte == UInt8(ascii: "\"") { return try text(of: bytes) }
      if byte == UInt8(ascii: "\\") { bytes += try escape() } else { bytes.append(byte) }
    }
    throw problem("a string without an end")
  }

  private func text(of bytes: [UInt8]) throws(JSONProblem) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw problem("a string that is not UTF-8")
    }
    return text
  }

  private mutating func escape() throws(JSONProblem) -> [UInt8] {
    guard let byte = rest.popFirst() else { throw problem("a string without an end") }
    switch byte {
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"): return Array(String(Character(try character())).utf8)
    default: throw problem("unknown escape")
    }
  }

  /// Half of a pair without its other half is U+FFFD.
  private mutating func character() throws(JSONProblem) -> Unicode.Scalar {
    let first = try hexadecimal()
    guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let behind = rest
    guard rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return "\u{FFFD}" }
    rest = rest.dropFirst(2)
    let second = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(second) else {
      rest = behind
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(JSONProblem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = rest.first, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("expected four hexadecimal digits")
      }
      rest = rest.dropFirst()
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
