/// A configuration file as Python's `RawConfigParser` would read it, with places.
package struct IniDocument: Sendable, Equatable {
  /// A comment behind a value.
  package struct Cut: Sendable, Equatable {
    /// Of the `;` or `#` that began it.
    package var location: Location
    package var text: String
    /// The quote that the value up to there leaves open: the comment was not meant as one.
    package var openQuote: UInt8?
  }

  package struct Entry: Sendable, Equatable {
    /// In lower case.
    package var key: String
    /// Continuation lines are joined by newlines.
    package var value: String
    /// Of the value; of the key where the value is empty.
    package var location: Location
    /// Comments on its lines.
    package var cuts: [Cut] = []
  }

  package struct Section: Sendable, Equatable {
    package var name: String
    package var location: Location
    package private(set) var entries: [Entry] = []
    private var positions: [String: Int] = [:]

    init(name: String, location: Location) {
      self.name = name
      self.location = location
    }

    package func entry(_ key: String) -> Entry? { positions[key].map { entries[$0] } }

    /// The last one wins, also over those of other files.
    mutating func set(_ entry: Entry) {
      if let position = positions[entry.key] {
        entries[position] = entry
      } else {
        positions[entry.key] = entries.count
        entries.append(entry)
      }
    }

    mutating func rename(_ key: String, to name: String, prefix: String) {
      guard let position = positions[key], positions[name] == nil else { return }
      positions[key] = nil
      positions[name] = position
      entries[position].key = name
      entries[position].value = prefix + entries[position].value
    }

    /// Adds a line to the entry that was set last under this key.
    mutating func extend(_ key: String, by line: String) {
      guard let position = positions[key] else { return }
      entries[position].value += "\n" + line
    }

    mutating func note(_ cut: Cut, on key: String) {
      guard let position = positions[key] else { return }
      var cut = cut
      // So long a value is no command, and each of its lines may have a comment.
      if entries[position].value.utf8.count <= 1 << 14 {
        cut.openQuote = ShellWords.openQuote(in: entries[position].value)
      }
      entries[position].cuts.append(cut)
    }

    /// Blank lines at the end are no part of a value.
    mutating func trimEnd(of key: String) {
      guard let position = positions[key] else { return }
      entries[position].value = entries[position].value.trimmedAtEnd
    }
  }

  package private(set) var sections: [Section] = []
  /// `[DEFAULT]`: seen from every section.
  package private(set) var defaults = Section(name: "DEFAULT", location: .nowhere)
  private var positions: [String: Int] = [:]

  package init() {}

  package func section(_ name: String) -> Section? { positions[name].map { sections[$0] } }

  /// Where the entries that follow belong; nil means `[DEFAULT]`.
  mutating func open(_ name: String, at location: Location) -> Int? {
    guard name != "DEFAULT" else { return nil }
    if let position = positions[name] { return position }
    positions[name] = sections.count
    sections.append(Section(name: name, location: location))
    return sections.count - 1
  }

  mutating func change(_ position: Int?, _ change: (inout Section) -> Void) {
    if let position { change(&sections[position]) } else { change(&defaults) }
  }
}

extension String {
  /// Without ASCII blanks at either end; what Python strips beyond them nobody writes.
  package var trimmed: String {
    let bytes = Array(utf8)
    guard let first = bytes.firstIndex(where: { !$0.isBlank }),
      let last = bytes.lastIndex(where: { !$0.isBlank })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// Whether `text` is in it, byte for byte.
  package func holds(_ text: String) -> Bool {
    var rest = self.utf8[...]
    while !rest.starts(with: text.utf8) {
      guard rest.popFirst() != nil else { return false }
    }
    return true
  }

  var trimmedAtEnd: String {
    let bytes = Array(utf8)
    guard let last = bytes.lastIndex(where: { !$0.isBlank }) else { return "" }
    return String(decoding: bytes[...last], as: UTF8.self)
  }
}

extension UInt8 {
  /// Space, tab, line ends, vertical tab, form feed.
  var isBlank: Bool { self == 32 || (9...13).contains(self) }
}
