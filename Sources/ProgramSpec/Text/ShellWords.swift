/// Splits a command into words as a POSIX shell does, with nothing of a shell but its quotes:
/// Python's `shlex.split`, which supervisord uses.
package enum ShellWords {
  package static func split(_ text: String) throws(ValueProblem) -> [String] {
    var words: [String] = []
    var word: [UInt8]?
    var bytes = ByteCursor(text)
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "'"): word = (word ?? []) + (try bytes.until(byte, escapes: false))
      case UInt8(ascii: "\""): word = (word ?? []) + (try bytes.until(byte, escapes: true))
      case UInt8(ascii: "\\"):
        guard let next = bytes.next() else { throw ValueProblem("No escaped character") }
        word = (word ?? []) + [next]
      case let blank where blank.isBlank:
        if let complete = word { words.append(String(decoding: complete, as: UTF8.self)) }
        word = nil
      default: word = (word ?? []) + [byte]
      }
    }
    if let complete = word { words.append(String(decoding: complete, as: UTF8.self)) }
    return words
  }

  /// The quote that is not closed, if one is not.
  static func openQuote(in text: String) -> UInt8? {
    var open: UInt8?
    var bytes = ByteCursor(text)
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "\\") where open != UInt8(ascii: "'"): _ = bytes.next()
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        if open == nil { open = byte } else if open == byte { open = nil }
      default: break
      }
    }
    return open
  }
}

/// Bytes of a text, one after the other.
struct ByteCursor {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func next() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// What stands before the closing quote, which is consumed. In double quotes a backslash protects
  /// itself and the quote, and stays before anything else.
  mutating func until(_ quote: UInt8, escapes: Bool) throws(ValueProblem) -> [UInt8] {
    var content: [UInt8] = []
    while let byte = next() {
      if byte == quote { return content }
      guard escapes, byte == UInt8(ascii: "\\") else {
        content.append(byte)
        continue
      }
      guard let escaped = next() else { break }
      if escaped != quote, escaped != byte { content.append(byte) }
      content.append(escaped)
    }
    throw ValueProblem("No closing quotation")
  }
}
