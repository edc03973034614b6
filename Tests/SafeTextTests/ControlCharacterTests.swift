import SafeText
import Testing

@Suite struct ControlCharacterTests {
  @Test(arguments: [
    ("plain text, ümlauts and 漢字", "plain text, ümlauts and 漢字"),
    ("\u{1B}]0;title\u{7}", #"\x1b]0;title\x07"#),
    ("a\nb\r\tc\u{7F}", #"a\nb\r\tc\x7f"#),
    ("\u{9B}31m", #"\x9b31m"#),
    ("user\u{202E}nimda", #"user\u202enimda"#),
    ("\u{2028}\u{2066}", #"\u2028\u2066"#),
    ("\u{10F7FF}", #"\xff"#),
    ("", ""),
  ])
  func aTextOfOneLineHasNoControlCharacters(_ text: String, _ escaped: String) {
    #expect(text.escapingControls == escaped)
    #expect(!escaped.unicodeScalars.contains { $0.isControl })
  }

  @Test func linesAndTabsStayInATextOfSeveralLines() {
    #expect("a\tb\n\u{1B}[1mc\r\n".escapingControlsInLines == "a\tb\n\\x1b[1mc\\r\n")
  }

  /// `\r\n` is one Character in Swift but two scalars.
  @Test func aLineEndOfTwoScalarsIsEscaped() {
    #expect("a\r\nb".escapingControls == #"a\r\nb"#)
  }

  @Test func aTextCannotEndItsQuotation() {
    #expect(#"a" from "b\"#.quoted == #""a\" from \"b\\""#)
    #expect("a\nb\u{1B}".quoted == #""a\nb\x1b""#)
    #expect(#"a\n"#.quoted == #""a\\n""#)
    #expect("".quoted == "\"\"")
  }
}
