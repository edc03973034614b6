import Linux
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

  @Test func rawLinesOfStreamsInOnePlaceStayWholeWhereverTheyAreCut() {
    let bytes = Array("one\ntwo\n\nthree".utf8)
    for place in 0...bytes.count {
      var raw = format(.raw)
      raw.sharesItsPlace = true
      var output: [UInt8] = []
      raw.take(bytes[..<place], into: &output)
      #expect(output.isEmpty || output.last == UInt8(ascii: "\n"))
      raw.take(bytes[place...], into: &output)
      #expect(output == Array("one\ntwo\n\n".utf8) && raw.isHoldingRaw)
      raw.finish(into: &output)
      #expect(output == bytes && !raw.isHoldingRaw)
    }
  }

  @Test func aRawLineIsNotKeptForEverOrOnceItsPlaceIsItsOwn() {
    var raw = format(.raw)
    raw.sharesItsPlace = true
    let long = String(repeating: "x", count: LineFormat.longestLine)
    #expect(log(&raw, long + "yz").utf8.count == long.utf8.count)
    raw.sharesItsPlace = false
    #expect(log(&raw, "!") == "yz!")
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

  /// A line of any length is cut at the same places, however it was read, and never in a character.
  @Test func aLongLineIsCutAtTheSamePlacesHoweverItIsRead() {
    let longest = LineFormat.longestLine
    let line =
      String(repeating: "x", count: longest - 1) + "é" + String(repeating: "€", count: 9000)
    let bytes = Array("short\n\(line)\nend\n".utf8)
    var whole: [UInt8] = []
    var first = format(.prefix)
    first.take(bytes[...], into: &whole)
    let pieces = String(decoding: whole, as: UTF8.self).split(separator: "\n")
    #expect(
      pieces.map(\.utf8.count) == [
        14, longest + 8, longest + 7, 10_629, 12,
      ])
    #expect(pieces.allSatisfy { !$0.unicodeScalars.contains("\u{FFFD}") })
    for place in stride(from: 0, through: bytes.count, by: 97) {
      var other = format(.prefix)
      var output: [UInt8] = []
      other.take(bytes[..<place], into: &output)
      other.take(bytes[place...], into: &output)
      #expect(output == whole, "cut at \(place)")
    }
  }

  @Test func anObjectSaysWhoWroteWhatAndWhen() {
    var description = StreamDescription(label: "pool:worker_01")
    description.program = "worker"
    description.instance = 1
    description.groupName = "po\"ol"
    description.isError = true
    var object = JSONLine(description)
    object.began(42)
    var output: [UInt8] = []
    let time = WallTime(seconds: 1_795_224_338, nanoseconds: 4_711)
    object.write(Array("a\r".utf8)[...], isPartial: false, at: time, into: &output)
    object.write(Array("b\r".utf8)[...], isPartial: true, at: time, into: &output)
    let head =
      "{\"time\":\"2026-11-21T01:25:38.000004711Z\",\"program\":\"worker\",\"instance\":1,"
      + "\"group\":\"po\\\"ol\",\"stream\":\"stderr\",\"pid\":42,\"message\":"
    let expected = "\(head)\"a\"}\n\(head)\"b\\r\",\"partial\":true}\n"
    #expect(String(decoding: output, as: UTF8.self) == expected)
  }

  @Test func theTimeFollowsTheClock() {
    var stamp = TimeStamp()
    var output: [UInt8] = []
    for (seconds, nanoseconds) in [(0, 999_999_999), (1, 0), (1, 100_000_000), (0, 5)] {
      let time = WallTime(seconds: Int64(seconds), nanoseconds: Int32(nanoseconds))
      stamp.append(time, to: &output)
    }
    let days = ["00.999999999Z", "01.000000000Z", "01.100000000Z", "00.000000005Z"]
    let expected = days.map { "1970-01-01T00:00:\($0)" }.joined()
    #expect(String(decoding: output, as: UTF8.self) == expected)
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
    description.copies = [.descriptor(2), .file("/var/log/supervisord.log")]
    description.stripsANSI = true
    description.compresses = true
    description.rotatesDaily = true
    description.hasEvents = true
    description.captureMaximum = 1 << 20
    description.readers = 33
    description.user = 34
    description.processName = "worker_00"
    description.groupName = "worker"
    description.program = "worker"
    return [
      .open(stream: 3, description), .mainLog("line\n", [.descriptor(1)]),
      .began(
        Beginning(
          streams: [.init(number: 3, unread: 0), .init(number: 4, unread: 99)], at: 1 << 40,
          pid: 4711)), .reopen, .finish,
      .exited(Beginning(streams: [.init(number: 3, unread: 7)], at: 5, pid: 4711)),
      .ready(stream: 9),
      .failed(stream: 1, error: 28, path: "/full"), .clear(stream: 7, request: 8),
      .cleared(request: 8, error: 2), .events, .eventsLost(99),
      .notCompressed(path: "/l.1", reason: "there is no gzip in PATH"), .ended(stream: 7),
      .file(.open(path: "/var/log/x.log", reader: LogReader(user: 33, group: 34), request: 5)),
      .file(.opened(request: 5, error: 2)),
      .file(.remove(path: "/var/log/x.log", request: 6)),
      .file(.removeAutomatic(directory: "/tmp", identifier: "supervisor")),
      .file(.makeAutomatic(path: "/tmp/x")), .file(.warning("cannot make /tmp/x: no space")),
      .file(.refused(path: "/l", reason: "/l is a symbolic link of uid 33, which is not followed")),
      .count, .counted([], isLast: true),
      .counted(
        [.init(stream: 3, read: 1 << 40, dropped: 0), .init(stream: 4, read: 0, dropped: .max)],
        isLast: false),
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
