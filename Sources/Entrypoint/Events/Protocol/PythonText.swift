/// Bytes and texts as Python's repr() shows them, which is how supervisord shows what is not UTF-8.
package enum PythonText {
  /// `b'\xff it\'s'`; in double quotes where that saves a backslash.
  package static func bytes(_ data: ArraySlice<UInt8>) -> [UInt8] {
    let single = UInt8(ascii: "'")
    let double = UInt8(ascii: "\"")
    let quote = data.contains(single) && !data.contains(double) ? double : single
    var text: [UInt8] = [UInt8(ascii: "b"), quote]
    text.reserveCapacity(data.count + 16)
    for byte in data { append(byte, quote, to: &text) }
    text.append(quote)
    return text
  }

  /// `'cat'`: the representation of a program's name, which has no control characters.
  package static func string(_ text: String) -> String {
    let isQuoted = text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\""))
    let quote = isQuoted ? "\"" : "'"
    var shown = quote
    for character in text.unicodeScalars {
      if character == "\\" || String(character) == quote { shown += "\\" }
      shown.unicodeScalars.append(character)
    }
    return shown + quote
  }

  private static func append(_ byte: UInt8, _ quote: UInt8, to text: inout [UInt8]) {
    switch byte {
    case quote, UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
    case 9: text += Array("\\t".utf8)
    case 10: text += Array("\\n".utf8)
    case 13: text += Array("\\r".utf8)
    case 0x20...0x7E: text.append(byte)
    default:
      let digits = Array("0123456789abcdef".utf8)
      text += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
      text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}
