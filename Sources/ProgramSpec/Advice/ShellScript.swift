/// A shell script of a line or two, divided into its commands. It is looked at, never run: what it
/// does not understand it takes for an ordinary word.
package struct ShellScript {
  struct Segment {
    /// As written, without blanks at its ends.
    var text: String
    /// Where it begins, in bytes of the script.
    var start: Int
    /// What ended it: `;`, `&`, `|`, a line end, or nothing.
    var ending: String

    /// As a shell would split them; nothing is expanded.
    var words: [String] { (try? ShellWords.split(text)) ?? [] }
  }

  let segments: [Segment]
  private let text: String

  package init(_ text: String) {
    self.text = text
    var reader = SegmentReader(text)
    segments = reader.segments()
  }

  /// The command that takes the shell's place, where that is all there is.
  var executed: [String]? {
    guard segments.count == 1, let words = segments.first?.words, words.first == "exec",
      words.count > 1, words[1] != "-a"
    else { return nil }
    return Array(words.dropFirst())
  }

  /// Somebody has thought of signals.
  var handlesSignals: Bool {
    segments.contains { segment in
      let words = segment.words.drop { ["then", "else", "do", "{", "("].contains($0) }
      return words.first == "exec" || words.first == "trap"
    }
  }

  /// A single command without an operator, which bash gives its own place by itself.
  var isOneCommand: Bool {
    segments.count == 1 && segments.allSatisfy { $0.ending.isEmpty && !$0.isCompound }
  }

  /// The last command, if `exec` may be written before it.
  var replaceable: Segment? {
    guard let last = segments.last, last.ending != "&", !segments.contains(where: \.isCompound),
      segments.dropLast().last?.ending != "|"
    else { return nil }
    return last
  }

  /// The script with `exec` before its last command, so that this gets the signals in the shell's
  /// stead; nil where that cannot be.
  package var replacingItself: String? {
    if handlesSignals { return text }
    guard let last = replaceable, let first = last.words.first,
      !ShellScript.builtins.contains(first)
    else { return nil }
    let bytes = Array(text.utf8)
    let before = String(decoding: bytes[..<last.start], as: UTF8.self)
    let exec = first.isAssignment ? "exec env " : "exec "
    return before + exec + String(decoding: bytes[last.start...], as: UTF8.self)
  }

  /// What a shell does by itself, and nobody else can.
  private static let builtins = [
    "cd", "exit", "export", "set", "unset", "wait", "source", ".", "eval", "return", "read", ":",
    "ulimit", "umask", "trap", "alias", "shift", "local", "readonly", "jobs", "fg", "bg", "!",
  ]
}

extension ShellScript.Segment {
  private static let keywords = [
    "while", "until", "for", "if", "case", "do", "done", "then", "else", "fi", "esac", "{", "}",
  ]

  var isCompound: Bool {
    text.hasPrefix("(") || words.first.map(Self.keywords.contains) ?? false
  }
}

/// Cuts at operators outside quotes, parentheses and backquotes.
private struct SegmentReader {
  private var bytes: ByteCursor
  private var found: [ShellScript.Segment] = []
  private var text: [UInt8] = []
  private var start = 0
  private var depth = 0

  init(_ text: String) { bytes = ByteCursor(text) }

  mutating func segments() -> [ShellScript.Segment] {
    while let byte = bytes.next() { take(byte) }
    end("")
    return found
  }

  private mutating func take(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\\"):
      text.append(byte)
      if let next = bytes.next() { text.append(next) }
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): takeQuoted(byte)
    case UInt8(ascii: "("), UInt8(ascii: ")"):
      depth += byte == UInt8(ascii: "(") ? 1 : -1
      text.append(byte)
    case UInt8(ascii: ";"), 10, UInt8(ascii: "|"), UInt8(ascii: "&"): takeOperator(byte)
    default: text.append(byte)
    }
  }

  private mutating func takeQuoted(_ quote: UInt8) {
    text.append(quote)
    while let byte = bytes.next() {
      text.append(byte)
      if byte == quote { return }
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'"), let next = bytes.next() {
        text.append(next)
      }
    }
  }

  /// `2>&1`, `>&2` and `&>` are redirections.
  private mutating func takeOperator(_ byte: UInt8) {
    let isAmpersand = byte == UInt8(ascii: "&")
    let isRedirection =
      isAmpersand && (text.last == UInt8(ascii: ">") || bytes.peek == UInt8(ascii: ">"))
    guard depth <= 0, !isRedirection else { return text.append(byte) }
    if byte != 10, bytes.peek == byte {
      _ = bytes.next()
      return end("\(Character(Unicode.Scalar(byte)))\(Character(Unicode.Scalar(byte)))")
    }
    end(String(Character(Unicode.Scalar(byte))))
  }

  private mutating func end(_ ending: String) {
    let trimmed = String(decoding: text, as: UTF8.self).trimmed
    if !trimmed.isEmpty {
      let blanks = text.prefix { $0.isBlank }.count
      found.append(ShellScript.Segment(text: trimmed, start: start + blanks, ending: ending))
    }
    text = []
    start = bytes.position
  }
}
