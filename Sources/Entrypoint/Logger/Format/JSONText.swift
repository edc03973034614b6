internal import SafeText

/// The inside of a JSON string, from bytes that may be anything: what is no UTF-8 becomes U+FFFD.
extension [UInt8] {
  mutating func appendText(_ text: String) { append(contentsOf: text.utf8) }

  mutating func appendEscaped(_ bytes: ArraySlice<UInt8>) {
    var position = bytes.startIndex
    while position < bytes.endIndex {
      let byte = bytes[position]
      if byte < 0x80 {
        let start = position
        while position < bytes.endIndex, bytes[position].standsForItself { position += 1 }
        append(contentsOf: bytes[start..<position])
        guard position == start else { continue }
        appendEscaped(byte)
        position += 1
      } else if let length = bytes.scalar(at: position)?.length {
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
    case UInt8(ascii: "\""): appendText("\\\"")
    case UInt8(ascii: "\\"): appendText("\\\\")
    case 10: appendText("\\n")
    case 13: appendText("\\r")
    case 9: appendText("\\t")
    default:
      appendText("\\u00")
      append(Array.digit(byte >> 4))
      append(Array.digit(byte & 15))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// How many of its bytes are whole characters: at the end the beginning of one may stand.
  var wholeScalars: Int {
    for missing in 1...3 where count >= missing {
      switch self[count - missing] {
      case 0x80...0xBF: continue
      case 0xC2...0xDF: return missing < 2 ? count - missing : count
      case 0xE0...0xEF: return missing < 3 ? count - missing : count
      case 0xF0...0xF4: return count - missing
      default: return count
      }
    }
    return count
  }
}

extension UInt8 {
  /// Within a JSON string, of ASCII.
  fileprivate var standsForItself: Bool {
    self >= 0x20 && self < 0x7F && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
  }
}
