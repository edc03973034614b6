import EventsProtocol
import LoggerProtocol
import Support
import Testing

@testable import Logger

@Suite struct CaptureTests {
  static let begin = "<!--XSUPERVISOR:BEGIN-->"
  static let end = "<!--XSUPERVISOR:END-->"

  /// What is logged, and what each event holds.
  struct Outcome: Equatable {
    var text = ""
    var complete: [String] = []
  }

  private func capture(_ pieces: [ArraySlice<UInt8>], maximum: UInt64 = 1000) -> Outcome {
    var mode = CaptureMode(maximum: maximum)
    var found: [CaptureMode.Piece] = []
    for piece in pieces { mode.take(piece, into: &found) }
    mode.finish(into: &found)
    var text: [UInt8] = []
    var outcome = Outcome()
    for piece in found {
      switch piece {
      case .text(let bytes): text += bytes
      case .captured: continue
      case .complete(let bytes): outcome.complete.append(String(decoding: bytes, as: UTF8.self))
      }
    }
    outcome.text = String(decoding: text, as: UTF8.self)
    return outcome
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var given: String
    var text: String
    var complete: [String] = []
  }

  @Test(arguments: [
    Row(testDescription: "no token", given: "five\n", text: "five\n"),
    Row(
      testDescription: "one event", given: "a\(begin)data\(end)b", text: "ab", complete: ["data"]),
    Row(
      testDescription: "two events", given: "\(begin)1\(end)\(begin)2\(end)", text: "",
      complete: ["1", "2"]),
    Row(testDescription: "an empty one", given: "\(begin)\(end)", text: "", complete: [""]),
    Row(testDescription: "never ended", given: "a\(begin)data", text: "a"),
    Row(testDescription: "half a token at the end", given: "a<!--XSUP", text: "a<!--XSUP"),
    Row(
      testDescription: "a token begun twice", given: "<!--<\(begin)x\(end)", text: "<!--<",
      complete: ["x"]),
    Row(testDescription: "the wrong token", given: "\(end)\n", text: "\(end)\n"),
    Row(
      testDescription: "a beginning within", given: "\(begin)a\(begin)b\(end)", text: "",
      complete: ["a\(begin)b"]),
  ])
  func tokensAreFoundWhereverTheyAreCut(_ row: Row) {
    let bytes = Array(row.given.utf8)
    let expected = Outcome(text: row.text, complete: row.complete)
    for place in 0...bytes.count {
      #expect(capture([bytes[..<place], bytes[place...]]) == expected)
    }
    #expect(capture(bytes.indices.map { bytes[$0...$0] }) == expected)
  }

  @Test func nothingIsHeldBackButTheBeginningOfAToken() {
    var mode = CaptureMode(maximum: 10)
    var pieces: [CaptureMode.Piece] = []
    mode.take(Array("hi <!".utf8)[...], into: &pieces)
    #expect(pieces == [.text(Array("hi ".utf8))])
    mode.take(Array("-x".utf8)[...], into: &pieces)
    #expect(pieces.dropFirst() == [.text(Array("<!".utf8)), .text(Array("-x".utf8))][...])
  }

  @Test func theFrontIsDroppedBeyondTheMaximum() {
    let given = "\(Self.begin)0123456789éé€\(Self.end)"
    for (maximum, expected) in [(8, "9éé€"), (7, "éé€"), (6, "é€"), (4, "€"), (3, "€"), (2, "")] {
      let outcome = capture([Array(given.utf8)[...]], maximum: UInt64(maximum))
      #expect(outcome.complete == [expected])
    }
  }

  /// Against a search through all of it at once.
  @Test func anyTextIsDividedAsBySearchingIt() {
    let parts = [Self.begin, Self.end, "<!--XSUPERVISOR:", "<", "x\n", "BEGIN-->", "END-->", "-"]
    for seed in 0..<3000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let given = (0..<(random.next() % 14)).reduce("") { text, _ in
        text + parts[Int(random.next() % UInt64(parts.count))]
      }
      let outcome = capture(Array(given.utf8).cut(&random))
      #expect(outcome == Self.searched(given), "seed \(seed)")
    }
  }

  private static func searched(_ given: String) -> Outcome {
    var outcome = Outcome()
    var rest = given[...]
    while let begin = rest.first(Self.begin) {
      outcome.text += rest[..<begin.lowerBound]
      guard let end = rest[begin.upperBound...].first(Self.end) else { return outcome }
      outcome.complete.append(String(rest[begin.upperBound..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    outcome.text += rest
    return outcome
  }
}

extension Substring {
  fileprivate func first(_ text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
