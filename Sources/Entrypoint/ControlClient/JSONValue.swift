/// A value of JSON, as far as the control socket speaks it. Reading never traps, and nothing nests
/// deeper than it is worth.
package indirect enum JSONValue: Sendable, Equatable {
  case string(String)
  case number(Double)
  case bool(Bool)
  case null
  case array([JSONValue])
  case object([String: JSONValue])

  /// nil for what is no JSON.
  package static func parse(_ text: ArraySlice<UInt8>) -> JSONValue? {
    var reader = JSONReader(text)
    return reader.wholeValue()
  }

  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields[key]
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  package var integer: Int? { double.flatMap { Int(exactly: $0.rounded()) } }

  package var isTrue: Bool { self == .bool(true) }

  package var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}

private struct JSONReader {
  private static let deepest = 32
  private var rest: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { rest = text }

  mutating func wholeValue() -> JSONValue? {
    guard let value = value(depth: 0) else { return nil }
    skipBlanks()
    return rest.isEmpty ? value : nil
  }

  private mutating func value(depth: Int) -> JSONValue? {
    skipBlanks()
    guard depth < JSONReader.deepest, let first = rest.first else { return nil }
    switch first {
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "t"): return word("true", .bool(true))
    case UInt8(ascii: "f"): return word("false", .bool(false))
    case UInt8(ascii: "n"): return word("null", .null)
    default: return number()
    }
  }

  private mutating func skipBlanks() { rest = rest.drop { $0 == 32 || (9...13).contains($0) } }

  private mutating func eat(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func word(_ word: String, _ value: JSONValue) -> JSONValue? {
    guard rest.starts(with: word.utf8) else { return nil }
    rest = rest.dropFirst(word.utf8.count)
    return value
  }

  private mutating func number() -> JSONValue? {
    let digits = rest.prefix { "+-.eE0123456789".utf8.contains($0) }
    rest = rest.dropFirst(digits.count)
    return Double(String(decoding: digits, as: UTF8.self)).map { .number($0) }
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    rest = rest.dropFirst()
    var elements: [JSONValue] = []
    if eat(UInt8(ascii: "]")) { return .array(elements) }
    repeat {
      guard let element = value(depth: depth + 1) else { return nil }
      elements.append(element)
    } while eat(UInt8(ascii: ","))
    return eat(UInt8(ascii: "]")) ? .array(elements) : nil
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    rest = rest.dropFirst()
    var fields: [String: JSONValue] = [:]
    if eat(UInt8(ascii: "}")) { return .object(fields) }
    repeat {
      skipBlanks()
      guard let key = string(), eat(UInt8(ascii: ":")), let field = value(depth: depth + 1) else {
        return nil
      }
      fields[key] = field
    } while eat(UInt8(ascii: ","))
    return eat(UInt8(ascii: "}")) ? .object(fields) : nil
  }

  private mutating func string() -> String? {
    guard rest.first == UInt8(ascii: "\"") else { return nil }
    rest = rest.dropFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let escaped = escape() else { return nil }
      bytes += escaped
    }
    return nil
  }

  private mutating func escape() -> [UInt8]? {
    switch rest.popFirst() {
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "u"):
      let digits = rest.prefix(4)
      rest = rest.dropFirst(4)
      guard digits.count == 4,
        let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      return Array(String(Character(Unicode.Scalar(number) ?? "\u{FFFD}")).utf8)
    case .some(let byte): return [byte]
    case nil: return nil
    }
  }
}
