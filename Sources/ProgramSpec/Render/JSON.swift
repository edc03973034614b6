internal import SafeText

/// Writes JSON into bytes, one value after the other: RFC 8259. Invalid UTF-8 becomes U+FFFD.
package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  package mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func string(_ value: String) {
    separate()
    quote(value)
    needsComma = true
  }

  package mutating func number(_ value: Int) {
    separate()
    bytes += Array("\(value)".utf8)
    needsComma = true
  }

  /// A finite number, with as many digits as tell it from all other values of its type.
  package mutating func number(exactly value: Double) {
    separate()
    bytes += Array("\(value)".utf8)
    needsComma = true
  }

  /// Seconds with six decimals, from nanoseconds.
  package mutating func seconds(nanoseconds: UInt64) {
    separate()
    let microseconds = nanoseconds / 1000
    let fraction = String(microseconds % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
    bytes += Array("\(microseconds / 1_000_000).\(zeros)\(fraction)".utf8)
    needsComma = true
  }

  package mutating func bool(_ value: Bool) {
    separate()
    bytes += Array((value ? "true" : "false").utf8)
    needsComma = true
  }

  package mutating func null() {
    separate()
    bytes += Array("null".utf8)
    needsComma = true
  }

  /// Ends a line of JSON lines.
  package mutating func newline() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    if text.utf8.allSatisfy({ $0 < 0x80 }) {
      for byte in text.utf8 { escape(byte) }
    } else {
      for scalar in text.unicodeScalars { escape(scalar) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Control characters beyond ASCII are escaped too: JSON is often read on a terminal.
  private mutating func escape(_ scalar: Unicode.Scalar) {
    if scalar.isASCII { return escape(UInt8(scalar.value)) }
    guard scalar.isControl, scalar.value < 0x10000 else {
      return bytes.append(contentsOf: String(scalar).utf8)
    }
    let digits = String(scalar.value, radix: 16)
    bytes += Array("\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8)
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
    case 10: bytes += Array("\\n".utf8)
    case 13: bytes += Array("\\r".utf8)
    case 9: bytes += Array("\\t".utf8)
    case 0..<32, 127:
      let digits = String(byte, radix: 16)
      bytes += Array("\\u00\(byte < 16 ? "0" : "")\(digits)".utf8)
    default: bytes.append(byte)
    }
  }
}

extension JSONWriter {
  package mutating func field(_ name: String, _ value: String?) {
    key(name)
    if let value { string(value) } else { null() }
  }

  package mutating func field(_ name: String, _ value: Int?) {
    key(name)
    if let value { number(value) } else { null() }
  }

  package mutating func field(_ name: String, _ values: [String]) {
    key(name)
    beginArray()
    for value in values { string(value) }
    endArray()
  }

  package mutating func field(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }
}
