import LoggerProtocol
import Testing

@testable import Logger

/// What the container's log shows of a log that cannot be opened or written.
@Suite struct DetourTests {
  private func detour(_ format: StreamDescription.Format = .raw) -> DetourText {
    DetourText(LogOrigin(stream: 1, label: "web", format: format))
  }

  private func take(_ bytes: [UInt8], _ detour: inout DetourText) -> String {
    var text: [UInt8] = []
    detour.take(bytes[...], into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func lines(_ text: String, _ format: StreamDescription.Format = .raw) -> String {
    var detour = detour(format)
    return take(Array(text.utf8), &detour)
  }

  private func finish(_ detour: inout DetourText) -> String {
    var text: [UInt8] = []
    detour.finish(into: &text)
    return String(decoding: text, as: UTF8.self)
  }

  @Test func everyLineNamesItsProgram() {
    #expect(lines("one\ntwo\n") == "web | one\nweb | two\n")
    #expect(lines("") == "")
    #expect(lines("\n\n") == "web | \nweb | \n")
  }

  @Test func aLineStaysWholeWhereverItIsCut() {
    let bytes = Array("one\ntwo\n\nthree\u{1B}é".utf8)
    for place in 0...bytes.count {
      var detour = detour()
      var text = take(Array(bytes[..<place]), &detour)
      text += take(Array(bytes[place...]), &detour)
      #expect(text == "web | one\nweb | two\nweb | \n")
      text = finish(&detour)
      #expect(text == "web | three\\x1bé\n")
      text = finish(&detour)
      #expect(text == "")
    }
  }

  @Test func aLineWithoutAnEndIsNotKeptForEver() {
    let long = String(repeating: "x", count: LineFormat.longestLine)
    #expect(lines(long + "y") == "web | \(long)\n")
  }

  @Test func theBeginningOfALineIsForTheFileThatCanBeWrittenAgain() {
    var detour = detour()
    _ = take(Array("one\ntw\u{1B}".utf8), &detour)
    let head = detour.takeHead()
    #expect(head == Array("tw\u{1B}".utf8))
    let rest = finish(&detour)
    #expect(rest == "")
  }

  @Test func controlCharactersAreEscaped() {
    #expect(lines("\u{1B}[2J\r\ta\n") == "web | \\x1b[2J\\r\ta\n")
    var detour = detour()
    let text = take([0xFF, 0x41, 0x0A], &detour)
    #expect(text == "web | \\xffA\n")
  }

  @Test func aLineThatNamesItsProgramAlreadyStaysAsItIs() {
    #expect(lines("web | a\u{7}\n", .prefix) == "web | a\\x07\n")
    #expect(lines("{\"program\":\"web\"}\n", .json) == "{\"program\":\"web\"}\n")
  }

  @Test func eachFileOfAStreamHasItsOwnBeginningOfALine() {
    var texts = DetourTexts()
    let origin = LogOrigin(stream: 1, label: "web", format: .raw)
    let shown = [1, 2].map { file in
      texts.lines(Array("half \(file)".utf8)[...], of: origin, instead: file)
    }
    #expect(shown == [[], []])
    let first = texts.takeHead(of: origin, 1)
    #expect(first == Array("half 1".utf8))
    let last = [1, 2].map { texts.finish(origin, $0) }
    #expect(last == [[], Array("web | half 2\n".utf8)])
  }
}
