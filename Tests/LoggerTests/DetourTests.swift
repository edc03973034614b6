import LoggerProtocol
import Testing

@testable import Logger

/// What the container's log shows of a log that cannot be opened.
@Suite struct DetourTests {
  private func lines(_ text: String, _ format: StreamDescription.Format = .raw) -> String {
    let lines = DetourText.lines(Array(text.utf8)[...], of: LogOrigin(label: "web", format: format))
    return String(decoding: lines, as: UTF8.self)
  }

  @Test func everyLineNamesItsProgram() {
    #expect(lines("one\ntwo\n") == "web | one\nweb | two\n")
    #expect(lines("") == "")
    #expect(lines("\n\n") == "web | \nweb | \n")
  }

  @Test func aBeginningOfALineGetsAnEnd() {
    #expect(lines("one\ntw") == "web | one\nweb | tw\n")
  }

  @Test func controlCharactersAreEscaped() {
    #expect(lines("\u{1B}[2J\r\ta\n") == "web | \\x1b[2J\\r\ta\n")
    let lines = DetourText.lines([0xFF, 0x41], of: LogOrigin(label: "web", format: .raw))
    #expect(String(decoding: lines, as: UTF8.self) == "web | \\xffA\n")
  }

  @Test func aLineThatNamesItsProgramAlreadyStaysAsItIs() {
    #expect(lines("web | a\u{7}\n", .prefix) == "web | a\\x07\n")
    #expect(lines("{\"program\":\"web\"}\n", .json) == "{\"program\":\"web\"}\n")
  }
}
