import Support
import Testing

@testable import Logger

@Suite struct EscapeTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var given: String
    var expected: String
  }

  private func strip(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
    var stripper = EscapeStripper()
    var output: [UInt8] = []
    for piece in pieces { stripper.take(piece, into: &output) }
    stripper.finish(into: &output)
    return output
  }

  @Test(arguments: [
    Row(testDescription: "plain text", given: "no\nescape\t", expected: "no\nescape\t"),
    Row(testDescription: "colours", given: "\u{1B}[1;31mred\u{1B}[0m", expected: "red"),
    Row(
      testDescription: "any final byte", given: "a\u{1B}[2Gb\u{1B}[3@c\u{1B}[~d", expected: "abcd"),
    Row(testDescription: "private parameters", given: "\u{1B}[?25lx\u{1B}[?25h", expected: "x"),
    Row(testDescription: "a title ended by BEL", given: "\u{1B}]0;title\u{7}x", expected: "x"),
    Row(
      testDescription: "a link ended by ST",
      given: "\u{1B}]8;;http://é\u{1B}\\text\u{1B}]8;;\u{1B}\\", expected: "text"),
    Row(testDescription: "two bytes", given: "\u{1B}7a\u{1B}8b\u{1B}Mc\u{1B}=d", expected: "abcd"),
    Row(testDescription: "a character set", given: "\u{1B}(Bx\u{1B}%Gy", expected: "xy"),
    Row(testDescription: "device control", given: "\u{1B}Pq\n#0\u{1B}\\x", expected: "x"),
    Row(testDescription: "application command", given: "\u{1B}_Gq\u{1B}\\x", expected: "x"),
    Row(testDescription: "privacy message", given: "\u{1B}^q\u{1B}\\x", expected: "x"),
    Row(
      testDescription: "a sequence ends a string", given: "\u{1B}]0;t\u{1B}[1mx", expected: "x"),
    Row(testDescription: "a lone escape at the end", given: "x\u{1B}", expected: "x\u{1B}"),
    Row(testDescription: "one cut short", given: "x\u{1B}[12", expected: "x\u{1B}[12"),
    Row(
      testDescription: "a newline in a control sequence", given: "\u{1B}[12\nnext",
      expected: "\u{1B}[12\nnext"),
    Row(
      testDescription: "a title without an end", given: "\u{1B}]0;title\nnext",
      expected: "\u{1B}]0;title\nnext"),
    Row(testDescription: "no ASCII", given: "\u{1B}[1é", expected: "\u{1B}[1é"),
    Row(testDescription: "two escapes", given: "\u{1B}\u{1B}[1mx", expected: "\u{1B}x"),
  ])
  func sequencesGoAndNothingElseDoes(_ row: Row) {
    let bytes = Array(row.given.utf8)
    for place in 0...bytes.count {
      let output = strip([bytes[..<place], bytes[place...]])
      #expect(String(decoding: output, as: UTF8.self) == row.expected)
    }
  }

  @Test func aStringWithoutAnEndIsNotHeldBackForEver() {
    let text = Array(("\u{1B}P" + String(repeating: "x", count: 5000)).utf8)
    var stripper = EscapeStripper()
    var output: [UInt8] = []
    stripper.take(text[...], into: &output)
    #expect(output == text)
  }

  /// Texts and sequences in any order, cut anywhere.
  @Test func whatIsTextSurvivesWhereverItIsCut() {
    let texts = ["plain", "é\n", "[31m", "<!--", "\\", "\u{7}", "0;"]
    let sequences = ["\u{1B}[0m", "\u{1B}]2;x\u{7}", "\u{1B}Pd\u{1B}\\", "\u{1B}c", "\u{1B}#8"]
    for seed in 0..<3000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var given: [UInt8] = []
      var expected: [UInt8] = []
      for _ in 0..<(random.next() % 12) {
        let isText = random.next() % 2 == 0
        let pieces = isText ? texts : sequences
        let piece = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
        given += piece
        if isText { expected += piece }
      }
      #expect(strip(given.cut(&random)) == expected, "seed \(seed)")
    }
  }
}

extension [UInt8] {
  /// In pieces as reads might bring them.
  func cut(_ random: inout SplitMix64) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = self[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 + Int(random.next() % 9))
      pieces.append(piece)
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }
}
