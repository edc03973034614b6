/// RFC 4648 section 4.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 1
      guard count == 3 else { continue }
      for shift: UInt32 in [18, 12, 6, 0] { text.append(alphabet[Int(bits >> shift & 63)]) }
      (bits, count) = (0, 0)
    }
    guard count > 0 else { return text }
    bits <<= UInt32(8 * (3 - count))
    for index in 0..<4 {
      let digit = alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]
      text.append(index <= count ? digit : UInt8(ascii: "="))
    }
    return text
  }

  /// Blanks and line ends are passed over, as they stand in XML; nil for anything else that does
  /// not belong, for a missing end, and for bits beyond the last byte.
  package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var digits = 0
    var padding = 0
    for character in text where !(character == 32 || (9...13).contains(character)) {
      if character == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let value = value(character) else { return nil }
      bits = bits << 6 | UInt32(value)
      digits += 1
      guard digits % 4 == 0 else { continue }
      for shift: UInt32 in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
      bits = 0
    }
    return finish(bytes, bits, digits % 4, padding)
  }

  private static func finish(
    _ bytes: [UInt8], _ bits: UInt32, _ digits: Int, _ padding: Int
  ) -> [UInt8]? {
    switch (digits, padding) {
    case (0, 0): return bytes
    case (2, 2) where bits & 15 == 0: return bytes + [UInt8(truncatingIfNeeded: bits >> 4)]
    case (3, 1) where bits & 3 == 0:
      return bytes + [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
    default: return nil
    }
  }

  private static func value(_ character: UInt8) -> UInt8? {
    switch character {
    case 65...90: character - 65
    case 97...122: character - 71
    case 48...57: character + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
