internal import HTTP

/// Tags and the text between them: as much of XML 1.0 as XML-RPC is written in.
///
/// There is no document type, hence no entities but the five of XML itself: nothing in here can
/// grow or refer to anything else. More is let through than XML allows where it does no harm: raw
/// control characters, which logs hold and supervisord passes on.
struct XMLScanner {
  struct Tag: Equatable {
    enum Kind { case open, close, empty }

    var name: String
    var kind: Kind
  }

  /// `dateTime.iso8601` with a prefix is the longest that means anything.
  private static let longestName = 64
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isAt(_ markup: StaticString) -> Bool {
    bytes[position...].starts(with: markup.description.utf8)
  }

  /// Up to the next tag, references resolved; comments and instructions are passed over.
  mutating func text() throws(XMLRPCProblem) -> [UInt8] {
    var text: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "&"): try reference(into: &text)
      case UInt8(ascii: "<"):
        guard try passOver(into: &text) else { return text }
      case 13:
        // A line end is one line feed: XML 1.0 section 2.11.
        position += 1
        if current != 10 { text.append(10) }
      default:
        text.append(byte)
        position += 1
      }
    }
    return text
  }

  /// What begins with `<` and is no tag; false at a tag.
  private mutating func passOver(into text: inout [UInt8]) throws(XMLRPCProblem) -> Bool {
    if isAt("<!--") {
      _ = try content(from: 4, to: "-->")
    } else if isAt("<?") {
      _ = try content(from: 2, to: "?>")
    } else if isAt("<![CDATA[") {
      text += try content(from: 9, to: "]]>")
    } else {
      return false
    }
    return true
  }

  private mutating func content(
    from start: Int, to end: StaticString
  ) throws(XMLRPCProblem) -> ArraySlice<UInt8> {
    let mark = Array(end.description.utf8)
    position += start
    let begin = position
    while position + mark.count <= bytes.count {
      if bytes[position] == mark[0], bytes[position...].starts(with: mark) {
        defer { position += mark.count }
        return bytes[begin..<position]
      }
      position += 1
    }
    throw XMLRPCProblem("a comment, section or instruction that does not end")
  }

  private mutating func reference(into text: inout [UInt8]) throws(XMLRPCProblem) {
    let name = bytes[(position + 1)...].prefix(12).prefix { $0 != UInt8(ascii: ";") }
    guard position + 1 + name.count < bytes.count,
      bytes[position + 1 + name.count] == UInt8(ascii: ";")
    else { throw XMLRPCProblem("a reference that does not end") }
    position += name.count + 2
    switch String(decoding: name, as: UTF8.self) {
    case "amp": text.append(UInt8(ascii: "&"))
    case "lt": text.append(UInt8(ascii: "<"))
    case "gt": text.append(UInt8(ascii: ">"))
    case "quot": text.append(UInt8(ascii: "\""))
    case "apos": text.append(UInt8(ascii: "'"))
    default:
      guard let scalar = character(name) else { throw XMLRPCProblem("an unknown entity") }
      text += Array(String(Character(scalar)).utf8)
    }
  }

  /// `#65` or `#x41`.
  private func character(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard name.first == UInt8(ascii: "#") else { return nil }
    let isHexadecimal = name.dropFirst().first == UInt8(ascii: "x")
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    guard !digits.isEmpty, digits.allSatisfy({ $0.hexadecimalValue != nil }),
      let number = UInt32(
        String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10)
    else { return nil }
    return Unicode.Scalar(number)
  }

  /// The tag at which `text` has stopped. Attributes are passed over: XML-RPC has none.
  mutating func tag() throws(XMLRPCProblem) -> Tag {
    guard current == UInt8(ascii: "<") else { throw XMLRPCProblem("an end before its time") }
    position += 1
    let isClosing = current == UInt8(ascii: "/")
    if isClosing { position += 1 }
    let name = bytes[position...].prefix { !" \t\r\n/><".utf8.contains($0) }
    guard !name.isEmpty, name.count <= XMLScanner.longestName,
      name.first != UInt8(ascii: "!")
    else { throw XMLRPCProblem("a tag that has no name") }
    position += name.count
    let isEmpty = try passAttributes()
    guard !(isClosing && isEmpty) else { throw XMLRPCProblem("a tag that opens and closes") }
    // Apache's ex:nil and ex:i8.
    let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
    return Tag(
      name: String(decoding: local, as: UTF8.self),
      kind: isClosing ? .close : isEmpty ? .empty : .open)
  }

  /// To behind the `>`; whether it was `/>`.
  private mutating func passAttributes() throws(XMLRPCProblem) -> Bool {
    var quote: UInt8?
    while let byte = current {
      position += 1
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return bytes[position - 2] == UInt8(ascii: "/")
      } else if byte == UInt8(ascii: "<") {
        break
      }
    }
    throw XMLRPCProblem("a tag that does not end")
  }
}
