/// Values as Python prints them: scripts search for these texts.
extension String {
  /// As `repr` writes a string: single quotes, unless that alone would need escapes.
  var pythonRepresentation: String {
    let quote: Unicode.Scalar =
      unicodeScalars.contains("'") && !unicodeScalars.contains("\"") ? "\"" : "'"
    var text = ""
    text.unicodeScalars.append(quote)
    for scalar in unicodeScalars { text += scalar.escaped(inside: quote) }
    text.unicodeScalars.append(quote)
    return text
  }
}

extension Unicode.Scalar {
  fileprivate func escaped(inside quote: Unicode.Scalar) -> String {
    switch self {
    case quote, "\\": return "\\" + String(Character(self))
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default: return isHidden ? hexadecimal : String(Character(self))
    }
  }

  /// Control characters and separators, which Python writes as numbers.
  private var isHidden: Bool {
    value < 32 || (127...160).contains(value) || value == 0xAD || (0x2028...0x2029).contains(value)
  }

  private var hexadecimal: String {
    let digits = String(value, radix: 16)
    let width = value < 256 ? 2 : 4
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (width == 2 ? "\\x" : "\\u") + zeros + digits
  }
}
