import LoggerProtocol
import Support
import Testing

@testable import Logger

@Suite struct FormatTests {
  private func format(_ format: StreamDescription.Format) -> LineFormat {
    var description = StreamDescription(label: "web")
    description.format = format
    return LineFormat(description, width: 6, isColoured: false)
  }

  private func log(_ format: inout LineFormat, _ text: String) -> String {
    var output: [UInt8] = []
    format.take(Array(text.utf8)[...], into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test func rawHoldsNothingBack() {
    var raw = format(.raw)
    #expect(log(&raw, "half a li") == "half a li")
    #expect(log(&raw, "ne\n") == "ne\n")
  }

  @Test func prefixWaitsForTheEndOfALineWhereverItIsCut() {
    let text = "one\ntwo\n\nthree\n"
    let expected = "web    | one\nweb    | two\nweb    | \nweb    | three\n"
    for place in 0...text.utf8.count {
      var prefix = format(.prefix)
      let bytes = Array(text.utf8)
      var output: [UInt8] = []
      prefix.take(bytes[..<place], into: &output)
      prefix.take(bytes[place...], into: &output)
      #expect(String(decoding: output, as: UTF8.self) == expected)
    }
  }

  @Test func aLineWithoutAnEndIsNotKeptForEver() {
    var prefix = format(.prefix)
    let text = log(&prefix, String(repeating: "x", count: LineFormat.longestLine + 1))
    #expect(text.utf8.count == LineFormat.longestLine + "web    | \n".utf8.count)
    var rest: [UInt8] = []
    prefix.finish(into: &rest)
    #expect(String(decoding: rest, as: UTF8.self) == "web    | x\n")
  }

  struct Escaped: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var text: String
  }

  @Test(arguments: [
    Escaped(testDescription: "plain", bytes: Array("plain".utf8), text: "plain"),
    Escaped(testDescription: "quotes", bytes: Array("\"\\".utf8), text: "\\\"\\\\"),
    Escaped(testDescription: "controls", bytes: [0, 9, 27, 127], text: "\\u0000\\t\\u001b\\u007f"),
    Escaped(testDescription: "valid UTF-8", bytes: Array("é€🙂".utf8), text: "é€🙂"),
    Escaped(testDescription: "a lone byte", bytes: [0xFF], text: "\u{FFFD}"),
    Escaped(testDescription: "cut short", bytes: [0xE2, 0x82], text: "\u{FFFD}\u{FFFD}"),
    Escaped(testDescription: "overlong", bytes: [0xC0, 0x80], text: "\u{FFFD}\u{FFFD}"),
    Escaped(
      testDescription: "a surrogate", bytes: [0xED, 0xA0, 0x80],
      text: "\u{FFFD}\u{FFFD}\u{FFFD}"),
  ])
  func jsonIsAlwaysJSON(_ row: Escaped) {
    var output: [UInt8] = []
    output.appendEscaped(row.bytes[...])
    #expect(String(decoding: output, as: UTF8.self) == row.text)
  }

  @Test func aTextIsSeenWhereverItIsCutAndOnlyOnce() {
    let bytes = Array("now listening on 80".utf8)
    for place in 0...bytes.count {
      var watch = TextWatch("listening")
      let first = watch.sees(bytes[..<place])
      let second = watch.sees(bytes[place...])
      #expect((first ? 1 : 0) + (second ? 1 : 0) == 1)
      let again = watch.sees(bytes[...])
      #expect(!again)
      watch.restart()
      let anew = watch.sees(bytes[...])
      #expect(anew)
    }
  }
}

@Suite struct ProtocolTests {
  private static let messages: [LoggerMessage] = {
    var description = StreamDescription(label: "worker:worker_00")
    description.targets = [.file("/var/log/x.log"), .descriptor(1)]
    description.maximumBytes = 50 << 20
    description.readyText = "up"
    description.targets.append(.syslog(identity: "supervisord"))
    description.stripsANSI = true
    description.compresses = true
    description.rotatesDaily = true
    description.hasEvents = true
    description.captureMaximum = 1 << 20
    description.processName = "worker_00"
    description.groupName = "worker"
    return [
      .open(stream: 3, description), .pid(streams: [3, 4], 4711), .reopen, .finish,
      .ready(stream: 9),
      .failed(stream: 1, error: 28, path: "/full"), .clear(stream: 7, request: 8),
      .cleared(request: 8, error: 2), .events, .eventsLost(99),
      .notCompressed(path: "/l.1", reason: "there is no gzip in PATH"),
    ]
  }()

  @Test(arguments: messages) func whatIsSaidIsHeard(_ message: LoggerMessage) {
    #expect(LoggerMessage(message.encoded[...]) == message)
    #expect(LoggerMessage((message.encoded + [0])[...]) == nil)
    #expect(LoggerMessage(message.encoded.dropLast()) == nil)
  }

  @Test func damagedRecordsAreNoMessageOrAnother() {
    for seed in 0..<5000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = Self.messages[Int(seed) % Self.messages.count].encoded
      Mutation.apply(to: &bytes, &random)
      guard let message = LoggerMessage(bytes[...]) else { continue }
      #expect(LoggerMessage(message.encoded[...]) == message)
    }
  }
}
