internal import SafeText

/// A configuration as it is being made: sections, and what is not carried over.
struct ConfigurationDraft {
  struct Section {
    /// `program:web`.
    var title: String
    var comments: [String] = []
    private(set) var lines: [(key: String, value: String)] = []

    init(_ title: String) { self.title = title }

    mutating func set(_ key: String, _ value: String) { lines.append((key, value)) }
  }

  private(set) var sections: [Section] = []
  private(set) var notes: [String] = []
  private let source: String
  private var names: Set<String> = []

  /// `source` is the file it is made from.
  init(from source: String) { self.source = source }

  mutating func add(_ section: Section) { sections.append(section) }

  /// Says it to the one who imports, and to whoever reads the file later.
  mutating func note(_ text: String, about name: String, in section: inout Section) {
    section.comments.append("not carried over: \(text)")
    note("\(name): not carried over: \(text)")
  }

  /// The same where there is no section for it.
  mutating func note(_ text: String) { notes.append(text.onOneLine) }

  /// A name that no unit has yet.
  mutating func unused(_ wish: String) -> String {
    let name = ConfigurationText.name(wish)
    var candidate = name
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }

  var text: String {
    var text = "; Made from \(source.onOneLine) by entrypoint import.\n"
    for section in sections {
      text += "\n"
      for comment in section.comments { text += "; \(comment.onOneLine)\n" }
      text += "[\(section.title)]\n"
      for (key, value) in section.lines { text += "\(key)=\(value)\n" }
    }
    return text
  }

  var outcome: Importer.Outcome { Importer.Outcome(text: text, notes: notes) }
}

extension String {
  /// For a comment or a message: nothing in it may begin a line, or make a terminal act.
  var onOneLine: String { String(decoding: utf8.prefix(400), as: UTF8.self).escapingControls }
}
