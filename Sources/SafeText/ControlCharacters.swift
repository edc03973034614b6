/// Text of programs, peers and files, fit for a log or a terminal.
///
/// A control character in such a text could forge a line of a log, or make a terminal execute a
/// command: ECMA-48 and xterm's control sequences. What is escaped, and how, is decided here and
/// nowhere else.
extension String {
  /// The text in one line: each control character as `\n`, `\t`, `\x1b` or `\u202e`.
  package var escapingControls: String { escaping { _ in false } }

  /// The same for a text of several lines: line ends and tabs stay.
  package var escapingControlsInLines: String { escaping { $0 == "\n" || $0 == "\t" } }

  /// The text in one line between quotation marks. A quotation mark and a backslash in the text are
  /// escaped, so that the text cannot end the quotation and continue as the supervisor's own words.
  package var quoted: String {
    var text = "\""
    for scalar in unicodeScalars {
      if scalar == "\"" || scalar == "\\" { text += "\\" }
      text.unicodeScalars.append(scalar)
    }
    return text.escapingControls + "\""
  }

  private func escaping(except isKept: (Unicode.Scalar) -> Bool) -> String {
    guard !utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return self }
    var text = ""
    text.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      if scalar.isControl, !isKept(scalar) {
        text += scalar.escape
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// A character that acts instead of being shown: C0, DEL and C1, the line and paragraph
  /// separators, and the marks that change the direction of text (Unicode's Bidi_Control), which
  /// make a text look like another one.
  package var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F...0x9F: true
    case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: Unicode.Scalar.foreignBytes.contains(value)
    }
  }

  /// Bytes of the kernel's texts that are no UTF-8, as the module Linux keeps them in a String.
  package static var foreignBytes: ClosedRange<UInt32> { 0x10F780...0x10F7FF }

  var escape: String {
    switch self {
    case "\n": return #"\n"#
    case "\r": return #"\r"#
    case "\t": return #"\t"#
    default:
      let isByte = Unicode.Scalar.foreignBytes.contains(value)
      let number = isByte ? value - Unicode.Scalar.foreignBytes.lowerBound + 0x80 : value
      return Unicode.Scalar.escape(ofNumber: number)
    }
  }

  /// Of a byte that is not UTF-8.
  static func escape(ofByte byte: UInt8) -> String { escape(ofNumber: UInt32(byte)) }

  private static func escape(ofNumber number: UInt32) -> String {
    let digits = String(number, radix: 16)
    let (mark, width) = number < 0x100 ? ("x", 2) : ("u", 4)
    return "\\\(mark)" + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
