/// The pieces of a URL: percent coding (RFC 3986 section 2.1) and the form coding of queries.
package enum URLText {
  /// `%41` to `A`; a `%` that begins nothing stays.
  package static func decode(_ text: some Collection<UInt8>) -> String {
    String(repairing: decode(text, blankForPlus: false))
  }

  /// `a=1&b=x+y`, in its order; a name without `=` has an empty value.
  package static func query(_ text: String) -> [(name: String, value: String)] {
    text.utf8.split(separator: UInt8(ascii: "&")).map { pair in
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      let value = pair.dropFirst(name.count + 1)
      return (
        String(repairing: decode(name, blankForPlus: true)),
        String(repairing: decode(value, blankForPlus: true))
      )
    }
  }

  /// Everything but letters, digits and `-._~` as `%XX`.
  package static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte.isDigit || byte.isLetter || "-._~".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(repairing: bytes)
  }

  private static func decode(
    _ text: some Collection<UInt8>, blankForPlus: Bool
  ) -> [UInt8] {
    let coded = Array(text)
    var bytes: [UInt8] = []
    var index = 0
    while index < coded.count {
      let byte = coded[index]
      index += 1
      if byte == UInt8(ascii: "%"), index + 1 < coded.count,
        let high = coded[index].hexadecimalValue, let low = coded[index + 1].hexadecimalValue
      {
        bytes.append(high << 4 | low)
        index += 2
      } else {
        bytes.append(blankForPlus && byte == UInt8(ascii: "+") ? 32 : byte)
      }
    }
    return bytes
  }
}
