internal import HTTP

/// Writes documents that every XML 1.0 parser reads, whatever the texts hold: what XML has no
/// character for, such as the ESC of a coloured log, becomes U+FFFD.
struct XMLWriter {
  private(set) var bytes: [UInt8] = []
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  mutating func text(_ markup: StaticString) {
    bytes.append(contentsOf: markup.description.utf8)
  }

  mutating func parameter(_ value: XMLRPCValue) {
    text("<param>\n")
    self.value(value)
    text("\n</param>\n")
  }

  mutating func value(_ value: XMLRPCValue) {
    text("<value>")
    switch value {
    case .integer(let number): integer(number)
    case .boolean(let flag): element("boolean", flag ? "1" : "0")
    case .double(let number): element("double", "\(number)")
    case .string(let string): element("string", string)
    case .dateTime(let date): element("dateTime.iso8601", date)
    case .base64(let data): element("base64", String(decoding: Base64.encode(data), as: UTF8.self))
    case .null: text("<nil/>")
    case .array(let elements): array(elements)
    case .structure(let members): structure(members)
    }
    text("</value>")
  }

  /// `<int>` has 32 bits, and strict clients hold it to that; Python's and most others also know
  /// the larger one.
  private mutating func integer(_ number: Int) {
    element(Int32(exactly: number) == nil ? "i8" : "int", "\(number)")
  }

  private mutating func element(_ name: StaticString, _ content: String) {
    text("<")
    text(name)
    text(">")
    escape(content)
    text("</")
    text(name)
    text(">")
  }

  private mutating func array(_ elements: [XMLRPCValue]) {
    text("<array><data>\n")
    for element in elements {
      value(element)
      text("\n")
    }
    text("</data></array>")
  }

  private mutating func structure(_ members: [XMLRPCValue.Member]) {
    text("<struct>\n")
    for member in members {
      text("<member>\n<name>")
      escape(member.name)
      text("</name>\n")
      value(member.value)
      text("\n</member>\n")
    }
    text("</struct>")
  }

  /// Character data. A CR is written as a reference, or the reader would make a line feed of it
  /// (XML 1.0 section 2.11).
  mutating func escape(_ content: String) {
    var isNonCharacter = 0
    for byte in content.utf8 {
      switch byte {
      case UInt8(ascii: "&"): text("&amp;")
      case UInt8(ascii: "<"): text("&lt;")
      case UInt8(ascii: ">"): text("&gt;")
      case 13: text("&#13;")
      case 0..<9, 11, 12, 14..<32: bytes += XMLWriter.replacement
      default: bytes.append(byte)
      }
      // U+FFFE and U+FFFF, EF BF BE and EF BF BF, are no characters of XML either.
      switch (isNonCharacter, byte) {
      case (_, 0xEF): isNonCharacter = 1
      case (1, 0xBF): isNonCharacter = 2
      case (2, 0xBE...0xBF):
        bytes.replaceSubrange((bytes.count - 3)..., with: XMLWriter.replacement)
        isNonCharacter = 0
      default: isNonCharacter = 0
      }
    }
  }
}
