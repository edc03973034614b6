/// Values as Python prints them: scripts search for these texts.
extension String {
  /// As `repr` writes a string: single quotes, unless that alone would need escapes.
  package var pythonRepresentation: String { pythonLiteral(onlyASCII: false) }

  /// As `ascii` writes it: the same, with all other letters as numbers.
  package var asciiRepresentation: String { pythonLiteral(onlyASCII: true) }

  private func pythonLiteral(onlyASCII: Bool) -> String {
    let quote: Unicode.Scalar =
      unicodeScalars.contains("'") && !unicodeScalars.contains("\"") ? "\"" : "'"
    var text = ""
    text.unicodeScalars.append(quote)
    for scalar in unicodeScalars {
      text += scalar.escaped(inside: quote, onlyASCII: onlyASCII)
    }
    text.unicodeScalars.append(quote)
    return text
  }
}

extension Unicode.Scalar {
  fileprivate func escaped(inside quote: Unicode.Scalar, onlyASCII: Bool) -> String {
    switch self {
    case quote, "\\": return "\\" + String(Character(self))
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default: return isHidden || (onlyASCII && !isASCII) ? hexadecimal : String(Character(self))
    }
  }

  /// Control characters and separators, which Python writes as numbers.
  private var isHidden: Bool {
    value < 32 || (127...160).contains(value) || value == 0xAD || (0x2028...0x2029).contains(value)
  }

  private var hexadecimal: String {
    let digits = String(value, radix: 16)
    let (mark, width) = value < 256 ? ("x", 2) : value < 65536 ? ("u", 4) : ("U", 8)
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return "\\\(mark)\(zeros)\(digits)"
  }
}
