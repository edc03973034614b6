import Testing

@testable import Events

/// What a result handler prints, line by line.
@Suite struct ShownLinesTests {
  private var lines = ShownLines()

  private mutating func take(_ text: String, of name: String = "web", at now: UInt64 = 0) -> String
  {
    let shown = lines.take(Array(text.utf8), of: Array("\(name) stdout | ".utf8), at: now)
    return String(decoding: shown, as: UTF8.self)
  }

  private mutating func release(at now: UInt64) -> String {
    String(decoding: lines.release(at: now), as: UTF8.self)
  }

  @Test func everyLineBeginsWithTheNameAndIsEscaped() {
    var test = self
    let shown = test.take("one\n2026 INFO forged\n\u{1B}[2J\r\n\n")
    #expect(
      shown
        == "web stdout | one\nweb stdout | 2026 INFO forged\nweb stdout | \\x1b[2J\\r\n"
        + "web stdout | \n")
    let named = test.take("x\n", of: "\u{1B}c")
    #expect(named == "\\x1bc stdout | x\n")
    #expect(test.lines.nextRelease == nil)
  }

  @Test func aLineStaysWholeWhereverItIsCut() {
    let text = "one\ntwo\n\nthree\n"
    for place in 0...text.utf8.count {
      var test = self
      let bytes = Array(text.utf8)
      var shown = test.take(String(decoding: bytes[..<place], as: UTF8.self))
      shown += test.take("other\n", of: "b")
      shown += test.take(String(decoding: bytes[place...], as: UTF8.self))
      let own = shown.split(separator: "\n").filter { $0.hasPrefix("web") }
      #expect(
        own == ["web stdout | one", "web stdout | two", "web stdout | ", "web stdout | three"])
    }
  }

  @Test func aBeginningWaitsForASecondAtMost() {
    var test = self
    let second = ShownLines.longestHold
    var shown = test.take("prompt> ", at: 5)
    #expect(shown == "" && test.lines.nextRelease == 5 + second)
    test.lines.restartWaiting(at: 7)
    shown = test.release(at: 6 + second)
    #expect(shown == "")
    shown = test.release(at: 7 + second)
    #expect(shown == "web stdout | prompt> \n" && test.lines.nextRelease == nil)
  }

  @Test func aListenerCannotFillTheMemory() {
    var test = self
    var shown = ""
    for number in 0...ShownLines.maxWaiting { shown += test.take("x", of: "p\(number)") }
    #expect(shown == "p0 stdout | x\n")
    let long = String(repeating: "x", count: ShownLines.longestLine)
    shown = test.take(long + "y", of: "long")
    #expect(shown.hasPrefix("long stdout | \(long)\n"))
  }
}
