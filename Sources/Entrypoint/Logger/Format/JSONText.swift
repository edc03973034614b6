/// The inside of a JSON string, from bytes that may be anything: what is no UTF-8 becomes U+FFFD.
extension [UInt8] {
  mutating func appendText(_ text: String) { append(contentsOf: text.utf8) }

  mutating func appendEscaped(_ bytes: ArraySlice<UInt8>) {
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let byte = bytes[position]
      if byte < 0x80 {
        appendEscaped(byte)
        position += 1
      } else if let length = scalarLength(bytes, position) {
        append(contentsOf: bytes[position..<(position + length)])
        position += length
      } else {
        append(contentsOf: [0xEF, 0xBF, 0xBD])
        position += 1
      }
    }
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      append(UInt8(ascii: "\\"))
      append(byte)
    case 10: appendText("\\n")
    case 13: appendText("\\r")
    case 9: appendText("\\t")
    case 0..<32, 127:
      let digits = Array("0123456789abcdef".utf8)
      appendText("\\u00")
      append(digits[Int(byte >> 4)])
      append(digits[Int(byte & 15)])
    default: append(byte)
    }
  }

  /// Of the scalar that begins here, by the table of RFC 3629; nil for what is none.
  private func scalarLength(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[start] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard start + length <= bytes.endIndex, second.contains(bytes[start + 1]) else { return nil }
    let rest = bytes[(start + 2)..<(start + length)]
    return rest.allSatisfy { (0x80...0xBF).contains($0) } ? length : nil
  }
}
