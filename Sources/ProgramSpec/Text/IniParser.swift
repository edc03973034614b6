/// Reads text into a document by the rules of `RawConfigParser(strict=False,
/// inline_comment_prefixes=(';', '#'))`, which is what supervisord uses on Python 3.
///
/// Line by line: comments go, then a line that is indented deeper than the one that began the
/// option continues it, else it is a `[section]` or `key=value`, `key: value`. All faulty lines are
/// reported, not only the first.
struct IniParser {
  private var document: IniDocument
  private var diagnostics: [Diagnostic] = []
  private let file: String
  private var section: Int??
  private var key: String?
  private var indentation = 0
  private var hasMissedHeader = false

  /// Adds the text of one file to what other files have said.
  static func parse(
    _ bytes: [UInt8], file: String, into document: inout IniDocument
  ) -> [Diagnostic] {
    var parser = IniParser(document: document, file: file)
    // A byte-order mark is what an editor left; supervisord dies of it.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var number = 0
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      parser.read(Array(line), number)
    }
    parser.endValue()
    document = parser.document
    return parser.diagnostics
  }

  private init(document: IniDocument, file: String) {
    self.document = document
    self.file = file
  }

  private mutating func read(_ line: [UInt8], _ number: Int) {
    let comment = commentStart(of: line)
    let content = line[..<(comment ?? line.count)]
    guard let first = content.firstIndex(where: { !$0.isBlank }) else {
      if comment == nil, let key { document.change(openSection) { $0.extend(key, by: "") } }
      return
    }
    let text = String(decoding: content[first...], as: UTF8.self).trimmed
    if let key, section != nil, first > indentation {
      document.change(openSection) { $0.extend(key, by: text) }
    } else {
      endValue()
      indentation = first
      begin(text, Location(file: file, line: number, column: first + 1))
    }
    if let comment, let key { note(line[comment...], at: comment, number, on: key) }
  }

  private mutating func note(
    _ comment: ArraySlice<UInt8>, at index: Int, _ number: Int, on key: String
  ) {
    let cut = IniDocument.Cut(
      location: Location(file: file, line: number, column: index + 1),
      text: String(decoding: comment, as: UTF8.self))
    document.change(openSection) { $0.note(cut, on: key) }
  }

  private var openSection: Int? { section ?? nil }

  private mutating func endValue() {
    if let key { document.change(openSection) { $0.trimEnd(of: key) } }
    key = nil
  }

  private mutating func begin(_ text: String, _ location: Location) {
    if let name = sectionName(text) {
      section = .some(document.open(name, at: location))
    } else if section == nil {
      guard !hasMissedHeader else { return }
      hasMissedHeader = true
      diagnostics.append(.init(.error, location, .noSectionHeader(line: text)))
    } else {
      beginOption(text, location)
    }
  }

  /// Up to the last bracket of the line, untrimmed; what follows it is nothing.
  private func sectionName(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "["), let end = bytes.lastIndex(of: UInt8(ascii: "]")),
      end > 1
    else { return nil }
    return String(decoding: bytes[1..<end], as: UTF8.self)
  }

  private mutating func beginOption(_ text: String, _ location: Location) {
    let bytes = Array(text.utf8)
    guard
      let delimiter = bytes.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
      )
    else {
      return diagnostics.append(.init(.error, location, .noDelimiter(line: text)))
    }
    let name = String(decoding: bytes[..<delimiter], as: UTF8.self).trimmed.lowercased()
    guard !name.isEmpty else {
      return diagnostics.append(.init(.error, location, .noKey(line: text)))
    }
    let rest = bytes[(delimiter + 1)...]
    let start = rest.firstIndex { !$0.isBlank }
    var place = location
    if let start { place.column += start }
    let value = String(decoding: rest[(start ?? rest.endIndex)...], as: UTF8.self)
    document.change(openSection) { $0.set(.init(key: name, value: value, location: place)) }
    key = name
  }

  /// A comment begins at `;` or `#`, in the first column or after a blank, inside quotes too.
  /// Python looks at the next occurrence of each prefix in turn and stops at the first pass that
  /// finds one: `k=x;y ;c #d` loses ` #d` only.
  private func commentStart(of line: [UInt8]) -> Int? {
    if let first = line.first(where: { !$0.isBlank }), isCommentPrefix(first) { return 0 }
    var searches: [(prefix: UInt8, from: Int)] = [(UInt8(ascii: ";"), 0), (UInt8(ascii: "#"), 0)]
    while !searches.isEmpty {
      var found: Int?
      var next: [(prefix: UInt8, from: Int)] = []
      for search in searches {
        guard let index = line[search.from...].firstIndex(of: search.prefix) else { continue }
        next.append((search.prefix, index + 1))
        if index == 0 || line[index - 1].isBlank { found = min(found ?? index, index) }
      }
      if let found { return found }
      searches = next
    }
    return nil
  }

  private func isCommentPrefix(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#")
  }
}
