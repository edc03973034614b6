/// The same for text in bytes, which a log copies without a String for each line.
extension [UInt8] {
  /// Appends a text with each control character escaped, except for line ends and tabs. A byte that
  /// is not UTF-8 becomes `\xff`.
  package mutating func appendEscapingControlsInLines(_ bytes: ArraySlice<UInt8>) {
    var start = bytes.startIndex
    var position = start
    while position < bytes.endIndex {
      let scalar = bytes.scalar(at: position)
      let end = position + (scalar?.length ?? 1)
      if !(scalar?.value.isShownInLines ?? false) {
        self += bytes[start..<position]
        self += (scalar?.value.escape ?? Unicode.Scalar.escape(ofByte: bytes[position])).utf8
        start = end
      }
      position = end
    }
    self += bytes[start...]
  }
}

extension ArraySlice<UInt8> {
  /// The character at an index, with its length in bytes, by the table of RFC 3629; nil for what is
  /// not UTF-8.
  package func scalar(at start: Int) -> (value: Unicode.Scalar, length: Int)? {
    let first = self[start]
    guard first >= 0x80 else { return (Unicode.Scalar(first), 1) }
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard start + length <= endIndex, second.contains(self[start + 1]) else { return nil }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for byte in self[(start + 1)..<(start + length)] {
      guard (0x80...0xBF).contains(byte) else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return Unicode.Scalar(value).map { ($0, length) }
  }
}

extension Unicode.Scalar {
  fileprivate var isShownInLines: Bool { self == "\n" || self == "\t" || !isControl }
}
