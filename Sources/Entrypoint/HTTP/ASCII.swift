/// Bytes as RFC 9110 tells them apart. Never by Unicode: `K` as the Kelvin sign is no letter here.
extension UInt8 {
  package var lowercasedASCII: UInt8 { (65...90).contains(self) ? self | 32 : self }

  package var isDigit: Bool { (48...57).contains(self) }

  /// 0 to 15, or nil for what is no hexadecimal digit.
  package var hexadecimalValue: UInt8? {
    switch self {
    case 48...57: self - 48
    case 65...70: self - 55
    case 97...102: self - 87
    default: nil
    }
  }

  package var isLetter: Bool { (65...90).contains(lowercasedASCII & 0xDF) }

  /// RFC 9110 section 5.6.2: what methods and field names are made of.
  var isTokenCharacter: Bool { isDigit || isLetter || "!#$%&'*+-.^_`|~".utf8.contains(self) }

  var isBlank: Bool { self == 32 || self == 9 }
}

extension Collection<UInt8> {
  package func equalsIgnoringCase(_ other: some Collection<UInt8>) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
  }

  /// A decimal number without a sign; nil for anything else and for what does not fit.
  package func decimalNumber() -> Int? {
    guard !isEmpty, count <= 18 else { return nil }
    var number = 0
    for byte in self {
      guard byte.isDigit else { return nil }
      number = number * 10 + Int(byte - 48)
    }
    return number
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at both ends.
  var trimmed: ArraySlice<UInt8> {
    var rest = drop { $0.isBlank }
    while let last = rest.last, last.isBlank { rest = rest.dropLast() }
    return rest
  }
}

extension String {
  /// Of bytes from outside: what is no UTF-8 becomes U+FFFD.
  init(repairing bytes: some Collection<UInt8>) { self.init(decoding: bytes, as: UTF8.self) }
}
