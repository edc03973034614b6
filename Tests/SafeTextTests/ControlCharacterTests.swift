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

  /// Of every sequence of up to four bytes at the borders of RFC 3629's table.
  @Test func bytesAreEscapedAsTextIs() {
    let borders: [UInt8] = [
      0x09, 0x0A, 0x1B, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xA8, 0xBF, 0xC1, 0xC2, 0xDF,
      0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xFF,
    ]
    var sequences: [[UInt8]] = [[]]
    for _ in 0..<3 {
      sequences = sequences.flatMap { head in borders.map { head + [$0] } }
      for bytes in sequences { compare(bytes + [0x80]) }
    }
  }

  private func compare(_ bytes: [UInt8]) {
    var escaped: [UInt8] = []
    escaped.appendEscapingControlsInLines(bytes[...])
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let isSafe = String(decoding: escaped, as: UTF8.self).unicodeScalars.allSatisfy {
        !$0.isControl || $0 == "\n" || $0 == "\t"
      }
      return #expect(isSafe && !escaped.contains(0xFF), "\(bytes)")
    }
    #expect(escaped == Array(text.escapingControlsInLines.utf8), "\(bytes)")
  }
}
