/// One line while it is typed: what the keys do to it, and nothing about how it is shown.
struct LineEditor {
  enum Outcome: Equatable {
    case editing
    case accepted(String)
    /// Ctrl-D on an empty line.
    case ended
    case completion
    case clearScreen
    /// There is nothing for the key to do.
    case bell
  }

  /// Ctrl-R: what is looked for, and the line of the history that was found last.
  struct Search: Equatable {
    var text = ""
    var index: Int
    var hasFailed = false
    /// What Ctrl-G goes back to.
    fileprivate let before: Line
  }

  fileprivate struct Line: Equatable {
    var characters: [Character]
    var cursor: Int
    var place: Int
  }

  private(set) var characters: [Character] = []
  /// Characters in front of it.
  private(set) var cursor = 0
  private(set) var search: Search?
  private let history: History
  /// Of the lines of the history and, last, the new one.
  private var place: Int
  /// The new line while an older one is shown.
  private var draft: [Character] = []
  private var killed: [Character] = []
  /// More than anybody types, and no way to fill the memory.
  private static let longest = 4096

  init(history: History) {
    self.history = history
    place = history.lines.count
  }

  var text: String { String(characters) }

  mutating func press(_ key: Key) -> Outcome {
    if search != nil, let outcome = pressWhileSearching(key) { return outcome }
    switch key {
    case .text(let scalar): return insert(scalar)
    case .enter: return .accepted(text)
    case .tab: return .completion
    case .clearScreen: return .clearScreen
    case .deleteOrEnd: return characters.isEmpty ? .ended : remove(cursor..<cursor + 1)
    case .search:
      let line = Line(characters: characters, cursor: cursor, place: place)
      search = Search(index: history.lines.count, before: line)
      return .editing
    case .older, .newer, .oldest, .newest: return recall(key)
    case .backspace: return remove(cursor - 1..<cursor)
    case .delete: return remove(cursor..<cursor + 1)
    case .killToEnd, .killToStart, .killWord, .killWordAhead: return kill(key)
    case .yank: return insert(killed)
    case .swap: return swap()
    case .left, .right, .home, .end, .wordLeft, .wordRight: return move(key)
    case .cancel, .nothing: return .editing
    }
  }

  // MARK: Moving

  private mutating func move(_ key: Key) -> Outcome {
    let before = cursor
    switch key {
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(characters.count, cursor + 1)
    case .home: cursor = 0
    case .end: cursor = characters.count
    case .wordLeft: cursor = startOfWord
    default: cursor = endOfWord
    }
    return cursor == before && (key == .left || key == .right) ? .bell : .editing
  }

  private var startOfWord: Int {
    var index = cursor
    while index > 0, !characters[index - 1].isPartOfWord { index -= 1 }
    while index > 0, characters[index - 1].isPartOfWord { index -= 1 }
    return index
  }

  private var endOfWord: Int {
    var index = cursor
    while index < characters.count, !characters[index].isPartOfWord { index += 1 }
    while index < characters.count, characters[index].isPartOfWord { index += 1 }
    return index
  }

  // MARK: Changing

  /// A combining mark joins the character it stands behind.
  private mutating func insert(_ scalar: Unicode.Scalar) -> Outcome {
    if cursor > 0 {
      let joined = String(characters[cursor - 1]) + String(Character(scalar))
      if joined.count == 1, let character = joined.first {
        guard character.unicodeScalars.count <= 16 else { return .bell }
        characters[cursor - 1] = character
        return .editing
      }
    }
    return insert([Character(scalar)])
  }

  private mutating func insert(_ text: [Character]) -> Outcome {
    guard !text.isEmpty, characters.count + text.count <= LineEditor.longest else { return .bell }
    characters.insert(contentsOf: text, at: cursor)
    cursor += text.count
    return .editing
  }

  private mutating func remove(_ range: Range<Int>) -> Outcome {
    guard range.lowerBound >= 0, range.upperBound <= characters.count else { return .bell }
    characters.removeSubrange(range)
    cursor = range.lowerBound
    return .editing
  }

  private mutating func kill(_ key: Key) -> Outcome {
    let range: Range<Int>
    switch key {
    case .killToEnd: range = cursor..<characters.count
    case .killToStart: range = 0..<cursor
    case .killWord: range = startOfBlankWord..<cursor
    default: range = cursor..<endOfWord
    }
    guard !range.isEmpty else { return .bell }
    killed = Array(characters[range])
    return remove(range)
  }

  /// Ctrl-W takes what stands between blanks, colons included.
  private var startOfBlankWord: Int {
    var index = cursor
    while index > 0, characters[index - 1] == " " { index -= 1 }
    while index > 0, characters[index - 1] != " " { index -= 1 }
    return index
  }

  private mutating func swap() -> Outcome {
    guard characters.count > 1, cursor > 0 else { return .bell }
    let right = min(cursor, characters.count - 1)
    characters.swapAt(right - 1, right)
    cursor = right + 1
    return .editing
  }

  // MARK: The history

  private mutating func recall(_ key: Key) -> Outcome {
    let last = history.lines.count
    let wanted =
      switch key {
      case .older: place - 1
      case .newer: place + 1
      case .oldest: 0
      default: last
      }
    guard (0...last).contains(wanted), wanted != place else { return .bell }
    if place == last { draft = characters }
    place = wanted
    show(wanted == last ? draft : Array(history.lines[wanted]))
    return .editing
  }

  private mutating func show(_ line: [Character]) {
    characters = line
    cursor = line.count
  }

  /// nil where the key ends the search and then does what it always does.
  private mutating func pressWhileSearching(_ key: Key) -> Outcome? {
    guard var search else { return nil }
    switch key {
    case .text(let scalar):
      search.text += String(Character(scalar))
      return find(search, before: search.index + 1)
    case .search: return find(search, before: search.index)
    case .backspace:
      guard !search.text.isEmpty else { return .bell }
      search.text.removeLast()
      return find(search, before: history.lines.count)
    case .cancel:
      self.search = nil
      (characters, cursor, place) =
        (search.before.characters, search.before.cursor, search.before.place)
      return .editing
    default:
      self.search = nil
      return nil
    }
  }

  private mutating func find(_ search: Search, before index: Int) -> Outcome {
    var search = search
    let found = history.search(search.text, before: min(index, history.lines.count))
    search.hasFailed = found == nil && !search.text.isEmpty
    if let found {
      if place == history.lines.count { draft = characters }
      search.index = found.index
      place = found.index
      characters = Array(history.lines[found.index])
      cursor = found.offset
    }
    self.search = search
    return search.hasFailed ? .bell : .editing
  }

  // MARK: Completion

  /// The word that ends at the cursor, which completion replaces.
  var word: String {
    String(characters[startOfBlankWord(before: cursor)..<cursor])
  }

  var textToCursor: String { String(characters[..<cursor]) }

  private func startOfBlankWord(before end: Int) -> Int {
    characters[..<end].lastIndex { $0 == " " || $0 == "\t" }.map { $0 + 1 } ?? 0
  }

  /// Puts another word in the place of that one.
  mutating func replaceWord(with text: String) {
    let start = startOfBlankWord(before: cursor)
    characters.replaceSubrange(start..<cursor, with: Array(text))
    cursor = start + text.count
  }
}

extension Character {
  fileprivate var isPartOfWord: Bool { isLetter || isNumber }
}
