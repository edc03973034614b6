internal import ProgramSpec

/// Text that our reader reads back as what it was made from.
enum ConfigurationText {
  /// nil for what cannot be written: a zero byte, or lines that the reader would take for others.
  static func command(_ words: [String]) -> String? {
    var text: [String] = []
    for word in words {
      guard let quoted = quoted(word) else { return nil }
      text.append(quoted)
    }
    return text.joined(separator: " ")
  }

  /// One word, in quotes where it needs them.
  static func quoted(_ word: String) -> String? {
    let isPlain = word.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "_+:./-".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word.withoutDirectives }
    guard word.mayStandInLines else { return nil }
    var bytes: [UInt8] = [39]
    for byte in word.withoutDirectives.utf8 {
      switch byte {
      case 39: bytes += Array("'\\''".utf8)
      // A blank before it would make a comment of the rest.
      case UInt8(ascii: ";"), UInt8(ascii: "#"): bytes += [39, 39, byte]
      // The next line has to be indented to belong to it.
      case 10: bytes += [10, 32]
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes + [39], as: UTF8.self)
  }

  /// A value that is taken as it stands, without quotes: a path, a schedule.
  static func plain(_ value: String) -> String? {
    guard !value.isEmpty, value == value.trimmed, value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }),
      !value.holds(" ;"), !value.holds(" #")
    else { return nil }
    return value.withoutDirectives
  }

  /// A path in a key that takes a list of them.
  static func path(_ value: String) -> String? {
    guard !value.utf8.contains(UInt8(ascii: ",")) else { return nil }
    return plain(value.hasPrefix("./") ? String(value.dropFirst(2)) : value)
  }

  /// `NAME='value'`; nil where the name or the value cannot be written.
  static func variable(_ name: String, _ value: String) -> String? {
    let isName = name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "_.-".utf8.contains(byte)
    }
    guard isName, !name.isEmpty, let value = quoted(value) else { return nil }
    return "\(name)=\(value)"
  }

  /// A name for a section, of letters that mean nothing else.
  static func name(_ text: String) -> String {
    let bytes = text.utf8.map { byte -> UInt8 in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "_.-".utf8.contains(byte)
      return isPlain ? byte : UInt8(ascii: "-")
    }
    return bytes.isEmpty ? "app" : String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  /// `%` is written twice.
  var withoutDirectives: String {
    String(decoding: utf8.flatMap { $0 == 37 ? [$0, $0] : [$0] }, as: UTF8.self)
  }

  /// The reader trims each line of a value, drops empty ones, and takes `;` and `#` at the
  /// beginning of one for a comment.
  fileprivate var mayStandInLines: Bool {
    guard !utf8.contains(0) else { return false }
    let lines = split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count > 1 else { return true }
    return lines.allSatisfy { line in
      line == line.trimmed && !line.isEmpty && !line.hasPrefix(";") && !line.hasPrefix("#")
    }
  }
}
