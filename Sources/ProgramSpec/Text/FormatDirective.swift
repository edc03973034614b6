/// What follows the parenthesis of `%(name)08.3d`: flags, width, precision, a length that means
/// nothing, and the conversion; with the values Python's `%` takes and the text it makes of them.
struct FormatDirective {
  private var flags: [UInt8] = []
  private var width = 0
  private var precision: Int?
  private let conversion: UInt8
  /// Wide enough for any name, and no way to fill the memory.
  private static let widest = 4096

  init(_ bytes: inout ByteCursor) throws(ExpansionProblem) {
    while let byte = bytes.peek, "#0- +".utf8.contains(byte) {
      flags.append(byte)
      _ = bytes.next()
    }
    width = FormatDirective.number(&bytes) ?? 0
    if bytes.peek == UInt8(ascii: ".") {
      _ = bytes.next()
      precision = FormatDirective.number(&bytes) ?? 0
    }
    if let byte = bytes.peek, "hlL".utf8.contains(byte) { _ = bytes.next() }
    guard let conversion = bytes.next() else {
      throw .badFormat("incomplete format; write %(name)s, with the s")
    }
    self.conversion = conversion
  }

  private static func number(_ bytes: inout ByteCursor) -> Int? {
    var value: Int?
    while let byte = bytes.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = min((value ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), widest)
      _ = bytes.next()
    }
    return value
  }

  func apply(to value: ExpansionScope.Value) throws(ExpansionProblem) -> String {
    switch value {
    case .number(let number): try text(of: number)
    case .text(let text): try self.text(of: text)
    }
  }

  private func text(of text: String) throws(ExpansionProblem) -> String {
    switch conversion {
    case UInt8(ascii: "s"): return padded(cut(text))
    case UInt8(ascii: "r"): return padded(cut(text.pythonRepresentation))
    case UInt8(ascii: "a"): return padded(cut(text.asciiRepresentation))
    case UInt8(ascii: "c") where text.unicodeScalars.count == 1: return padded(text)
    default:
      guard "diuoxXeEfFgGc".utf8.contains(conversion) else { throw unsupported }
      throw .badFormat("a number is required, not a text; write s for the last letter")
    }
  }

  private func text(of number: Int) throws(ExpansionProblem) -> String {
    switch conversion {
    case UInt8(ascii: "s"), UInt8(ascii: "r"), UInt8(ascii: "a"): return padded(cut("\(number)"))
    case UInt8(ascii: "d"), UInt8(ascii: "i"), UInt8(ascii: "u"):
      return whole(number, radix: 10)
    case UInt8(ascii: "o"): return whole(number, radix: 8)
    case UInt8(ascii: "x"): return whole(number, radix: 16)
    case UInt8(ascii: "X"): return whole(number, radix: 16).uppercased()
    case UInt8(ascii: "e"), UInt8(ascii: "f"), UInt8(ascii: "g"): return decimal(number, conversion)
    case UInt8(ascii: "E"), UInt8(ascii: "F"), UInt8(ascii: "G"):
      return decimal(number, conversion | 0x20).uppercased()
    case UInt8(ascii: "c"):
      // The end of every word that a program is given.
      guard number > 0, let value = UInt32(exactly: number), let scalar = Unicode.Scalar(value)
      else { throw .badFormat("\(number) is the number of no character") }
      return padded(String(Character(scalar)))
    default: throw unsupported
    }
  }

  private var unsupported: ExpansionProblem {
    let letter = String(decoding: [conversion], as: UTF8.self)
    return .badFormat(
      "unsupported format character \(letter.quoted)"
        + "; the last letter is s for a text and d for a number")
  }

  private func cut(_ text: String) -> String {
    guard let precision else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
  }

  private func whole(_ number: Int, radix: Int) -> String {
    var digits = String(number.magnitude, radix: radix)
    let least = precision ?? 0
    if digits.count < least {
      digits = String(repeating: "0", count: least - digits.count) + digits
    }
    return padded(sign(number) + (isAlternate ? Self.prefix(radix) : ""), digits)
  }

  private func decimal(_ number: Int, _ letter: UInt8) -> String {
    let digits = DecimalDigits(number.magnitude)
    let places = precision ?? 6
    let text =
      switch letter {
      case UInt8(ascii: "e"): digits.scientific(places, keepsPoint: isAlternate)
      case UInt8(ascii: "f"): digits.fixed(places, keepsPoint: isAlternate)
      default: digits.general(max(1, places), keepsZeros: isAlternate)
      }
    return padded(sign(number), text)
  }

  private var isAlternate: Bool { flags.contains(UInt8(ascii: "#")) }

  private func sign(_ number: Int) -> String {
    if number < 0 { return "-" }
    if flags.contains(UInt8(ascii: "+")) { return "+" }
    return flags.contains(UInt8(ascii: " ")) ? " " : ""
  }

  /// Of Python's alternate form.
  private static func prefix(_ radix: Int) -> String {
    switch radix {
    case 16: "0x"
    case 8: "0o"
    default: ""
    }
  }

  /// Zeros go between the sign and the digits.
  private func padded(_ start: String, _ digits: String) -> String {
    let missing = width - digits.utf8.count - start.utf8.count
    guard flags.contains(UInt8(ascii: "0")), !flags.contains(UInt8(ascii: "-")), missing > 0 else {
      return padded(start + digits)
    }
    return start + String(repeating: "0", count: missing) + digits
  }

  private func padded(_ text: String) -> String {
    let count = text.unicodeScalars.count
    guard count < width else { return text }
    let space = String(repeating: " ", count: width - count)
    return flags.contains(UInt8(ascii: "-")) ? text + space : space + text
  }
}
