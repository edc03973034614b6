import Support
import Testing

@testable import Supervisorctl

/// As much of a terminal as the view makes use of: automatic margins that wait for the next
/// character, as xterm's do.
private struct Screen {
  var rows: [[Character]] = [[]]
  var row = 0
  var column = 0
  let columns: Int

  init(columns: Int) { self.columns = columns }

  mutating func take(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": feed()
      case "\u{1B}": escape(&rest)
      default: put(Character(scalar))
      }
    }
  }

  private mutating func feed() {
    row += 1
    column = 0
    if row == rows.count { rows.append([]) }
  }

  private mutating func put(_ character: Character) {
    let width = character.columns
    if width == 0, column > 0 { return join(character) }
    if column + width > columns { feed() }
    while rows[row].count < column + width { rows[row].append(" ") }
    rows[row][column] = character
    if width == 2 { rows[row][column + 1] = "\0" }
    column += width
  }

  private mutating func join(_ mark: Character) {
    let place = rows[row][column - 1] == "\0" ? column - 2 : column - 1
    let joined = String(rows[row][place]) + String(mark)
    if joined.count == 1, let character = joined.first { rows[row][place] = character }
  }

  private mutating func escape(_ rest: inout ArraySlice<Unicode.Scalar>) {
    _ = rest.popFirst()
    var number = ""
    while let scalar = rest.popFirst() {
      if ("0"..."9").contains(scalar) {
        number.unicodeScalars.append(scalar)
        continue
      }
      let count = Int(number) ?? 1
      switch scalar {
      case "A": row -= count
      case "C": column = min(column == columns ? columns : column + count, columns)
      case "J":
        rows[row] = Array(rows[row].prefix(column))
        rows.removeSubrange((row + 1)...)
      default: Issue.record("an escape the screen does not know: \(scalar)")
      }
      return
    }
  }

  var text: [String] {
    rows.map { String($0.filter { $0 != "\0" }) }
  }
}

@Suite struct LineViewTests {
  private static let keys: [Key] = [
    .text("a"), .text("b"), .text("\u{4E2D}"), .text("é"), .text("\u{301}"), .text(" "), .backspace,
    .left, .left, .right, .home, .end, .delete, .killWord, .killToEnd, .yank, .older, .newer, .swap,
    .wordLeft, .search, .cancel, .text("c"), .text("d"), .text("e"), .text("f"),
  ]

  /// However the keys came, the screen looks as if the line had been drawn once, and the cursor is
  /// where it belongs.
  @Test(arguments: 1...120)
  func whatIsDrawnPieceByPieceIsTheWhole(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let columns = 8 + Int(random.next() % 13)
    let history = History(["status \u{4E2D}\u{6587}", String(repeating: "long ", count: 9)])
    var editor = LineEditor(history: history)
    var view = LineView(prompt: "sup> ")
    var screen = Screen(columns: columns)
    screen.take(view.draw(editor, columns: columns))
    for step in 0..<150 {
      _ = editor.press(Self.keys[Int(random.next() % UInt64(Self.keys.count))])
      screen.take(view.draw(editor, columns: columns))
      var fresh = Screen(columns: columns)
      var other = LineView(prompt: "sup> ")
      fresh.take(other.draw(editor, columns: columns))
      let isSame =
        screen.text == fresh.text && screen.row == fresh.row && screen.column == fresh.column
      #expect(isSame, "seed \(seed), step \(step): \(screen.text) and \(fresh.text)")
      if !isSame { return }
    }
  }

  @Test func whatIsTypedAtTheEndIsAllThatIsSent() {
    var editor = LineEditor(history: History())
    var view = LineView(prompt: "> ")
    #expect(view.draw(editor, columns: 80) == "> ")
    _ = editor.press(.text("x"))
    #expect(view.draw(editor, columns: 80) == "x")
    #expect(view.finish(editor, columns: 80) == "\n")
  }

  @Test func theCursorGoesBackOverRows() {
    var editor = LineEditor(history: History())
    for scalar in "abcdefgh".unicodeScalars { _ = editor.press(.text(scalar)) }
    var view = LineView(prompt: "> ")
    var screen = Screen(columns: 5)
    screen.take(view.draw(editor, columns: 5))
    #expect(screen.text == ["> abc", "defgh", ""])
    _ = editor.press(.home)
    screen.take(view.draw(editor, columns: 5))
    #expect((screen.row, screen.column) == (0, 2))
    screen.take(view.finish(editor, columns: 5))
    #expect(screen.row == 3)
  }

  @Test(arguments: [("abc", 3), ("\u{4E2D}a", 3), ("e\u{301}", 1), ("\u{1F600}", 2), ("", 0)])
  func charactersTakeTheirColumns(_ text: String, _ columns: Int) {
    #expect(Array(text).columns == columns)
  }
}
