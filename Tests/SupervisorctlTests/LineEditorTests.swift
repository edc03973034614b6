import Support
import Testing

@testable import Supervisorctl

@Suite struct LineEditorTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var keys: String
    /// With a `|` where the cursor is.
    var line: String
    var testDescription: String { String(reflecting: keys) }

    init(_ keys: String, _ line: String) { (self.keys, self.line) = (keys, line) }
  }

  private static let history = History(["status all", "start cat", "stop cat"])

  /// What the line is after these bytes from a terminal.
  private static func line(after bytes: String) -> String {
    var editor = LineEditor(history: history)
    var decoder = KeyDecoder()
    for byte in bytes.utf8 {
      if let key = decoder.take(byte) { _ = editor.press(key) }
    }
    if let key = decoder.settle() { _ = editor.press(key) }
    let characters = Array(editor.text)
    return String(characters[..<editor.cursor]) + "|" + String(characters[editor.cursor...])
  }

  @Test(arguments: [
    Row("abc", "abc|"), Row("abc\u{1B}[D", "ab|c"), Row("abc\u{2}\u{2}x", "ax|bc"),
    Row("ab\u{1}x", "x|ab"), Row("ab\u{1}\u{5}x", "abx|"), Row("ab\u{1B}[Hx", "x|ab"),
    Row("ab\u{1B}[1~\u{1B}[4~x", "abx|"), Row("ab\u{1B}OH\u{1B}OFx", "abx|"),
    Row("ab\u{1}\u{1B}[Cx", "ax|b"), Row("ab\u{1}\u{6}\u{4}", "a|"), Row("ab\u{7F}", "a|"),
    Row("ab\u{8}", "a|"), Row("ab\u{1}\u{1B}[3~", "|b"), Row("a b c\u{17}", "a b |"),
    Row("start g:p\u{17}x", "start x|"), Row("a b\u{1}\u{B}", "|"), Row("ab\u{2}\u{15}", "|b"),
    Row("ab cd\u{17}\u{1}\u{19}", "cd|ab "), Row("ab\u{14}", "ba|"),
    Row("abc\u{1}\u{6}\u{14}", "ba|c"),
    Row("one two\u{1B}b\u{1B}b", "|one two"), Row("one two\u{1}\u{1B}f", "one| two"),
    Row("one two\u{1B}[1;5D", "one |two"), Row("one two\u{1}\u{1B}d", "| two"),
    Row("one two\u{1B}\u{7F}", "one |"), Row("hé\u{4E2D}\u{7F}", "hé|"),
    Row("e\u{301}x\u{2}\u{7F}", "|x"), Row("\u{1B}[A", "stop cat|"),
    Row("\u{10}\u{10}", "start cat|"), Row("x\u{1B}[A\u{1B}[B", "x|"), Row("\u{10}\u{E}", "|"),
    Row("\u{1B}<", "status all|"), Row("x\u{1B}<\u{1B}>", "x|"),
    Row("\u{10}\u{10}\u{10}\u{10}", "status all|"),
    Row("\u{12}cat", "stop |cat"), Row("\u{12}cat\u{12}", "start |cat"),
    Row("\u{12}sta", "|start cat"), Row("\u{12}zz\u{7}", "|"), Row("new\u{12}all\u{7}", "new|"),
    Row("new\u{12}\u{1B}", "new|"), Row("\u{12}all\u{5}!", "status all!|"),
    Row("\u{12}catx\u{7F}", "stop |cat"),
    Row("a\u{1B}[99;99Zb", "ab|"), Row("a\u{1B}zb", "ab|"), Row("a\u{FFFD}b", "ab|"),
  ])
  func keysChangeTheLine(_ row: Row) { #expect(Self.line(after: row.keys) == row.line) }

  @Test(arguments: [
    ([Key.enter], LineEditor.Outcome.accepted("")), ([.text("x"), .enter], .accepted("x")),
    ([.deleteOrEnd], .ended), ([.text("x"), .deleteOrEnd], .bell), ([.tab], .completion),
    ([.clearScreen], .clearScreen), ([.backspace], .bell), ([.left], .bell), ([.newer], .bell),
    ([.search, .text("c"), .text("a"), .enter], .accepted("stop cat")),
    ([.search, .text("q")], .bell),
  ])
  func someKeysAreForTheCaller(_ keys: [Key], _ outcome: LineEditor.Outcome) {
    var editor = LineEditor(history: Self.history)
    var last = LineEditor.Outcome.editing
    for key in keys { last = editor.press(key) }
    #expect(last == outcome)
  }

  @Test func completionReplacesTheWordAtTheCursor() {
    var editor = LineEditor(history: History())
    for key in Array("start man x".unicodeScalars).map(Key.text) + [.left, .left] {
      _ = editor.press(key)
    }
    #expect(editor.word == "man")
    #expect(editor.textToCursor == "start man")
    editor.replaceWord(with: "many:*")
    #expect(editor.text == "start many:* x")
  }

  @Test(arguments: 1...200)
  func noBytesBreakTheEditor(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var editor = LineEditor(history: Self.history)
    var decoder = KeyDecoder()
    for _ in 0..<300 {
      let isControl = random.next() % 3 == 0
      let byte = UInt8(truncatingIfNeeded: random.next() % (isControl ? 32 : 256))
      guard let key = decoder.take(byte) ?? (random.next() % 9 == 0 ? decoder.settle() : nil) else {
        continue
      }
      _ = editor.press(key)
      #expect((0...editor.characters.count).contains(editor.cursor))
    }
  }
}

@Suite struct HistoryTests {
  @Test func blanksAndRepetitionsAreNotKept() {
    var history = History()
    for line in ["pid", "pid", " ", "", "status", "pid"] { history.add(line) }
    #expect(history.lines == ["pid", "status", "pid"])
  }

  @Test func theOldestLinesGo() {
    var history = History()
    for number in 0...History.most { history.add("\(number)") }
    #expect(history.lines.count == History.most)
    #expect(history.lines.first == "1")
  }

  @Test(arguments: [("a", 3, 2, 1), ("a", 2, 0, 0), ("bc", 3, 0, 1)])
  func theNewestIsFoundFirst(_ text: String, _ before: Int, _ index: Int, _ offset: Int) {
    let found = History(["abc", "xyz", "za"]).search(text, before: before)
    #expect(found?.index == index)
    #expect(found?.offset == offset)
  }

  @Test func whatIsNowhereIsNotFound() {
    #expect(History(["abc"]).search("x", before: 1) == nil)
    #expect(History(["abc"]).search("", before: 1) == nil)
    #expect(History([]).search("a", before: 5) == nil)
  }
}
