import EventsProtocol
import Linux
import LoggerProtocol
import Support
import Testing

@testable import Logger

@Suite struct PipelineTests {
  private func description(_ change: (inout StreamDescription) -> Void) -> StreamDescription {
    var description = StreamDescription(label: "g:web")
    description.processName = "web"
    description.groupName = "g"
    change(&description)
    return description
  }

  private func run(
    _ description: StreamDescription, _ chunks: [String], finishes: Bool = true
  ) -> StreamPipeline.Product {
    var pipeline = StreamPipeline(description, width: 0, isColoured: false)
    var product = StreamPipeline.Product()
    pipeline.began(7, into: &product)
    for chunk in chunks { pipeline.take(Array(chunk.utf8)[...], into: &product) }
    if finishes { pipeline.finish(into: &product) }
    return product
  }

  private func lines(_ events: [(type: EventType, payload: [UInt8])]) -> [String] {
    events.map { "\($0.type.rawValue) \(String(decoding: $0.payload, as: UTF8.self))" }
  }

  @Test func eachReadIsOneEventAsItIsLogged() {
    let described = description {
      $0.hasEvents = true
      $0.stripsANSI = true
    }
    let product = run(described, ["\u{1B}[1mon", "e\u{1B}[0m\ntwo"])
    #expect(String(decoding: product.text, as: UTF8.self) == "one\ntwo")
    let head = "PROCESS_LOG_STDOUT processname:web groupname:g pid:7 channel:stdout\n"
    #expect(lines(product.events) == [head + "on", head + "e\ntwo"])
  }

  @Test func captureIsNotLoggedButBecomesEvents() {
    let described = description {
      $0.hasEvents = true
      $0.isError = true
      $0.stripsANSI = true
      $0.captureMaximum = 100
    }
    let chunks = ["a\(CaptureTests.begin)\u{1B}[1md\u{1B}[0m", "e\(CaptureTests.end)b"]
    let product = run(described, chunks)
    #expect(String(decoding: product.text, as: UTF8.self) == "ab")
    let log = "PROCESS_LOG_STDERR processname:web groupname:g pid:7 channel:stderr\n"
    let communication = "PROCESS_COMMUNICATION_STDERR processname:web groupname:g pid:7\n"
    #expect(
      lines(product.events) == [log + "a", log + "d", log + "e", communication + "de", log + "b"])
  }

  @Test func withoutEventsOnlyTheCommunicationIsOne() {
    let described = description { $0.captureMaximum = 100 }
    let product = run(described, ["x\(CaptureTests.begin)y\(CaptureTests.end)"])
    #expect(product.events.map(\.type) == [.processCommunicationStdout])
  }

  @Test func longOutputIsSeveralEventsCutAtLines() {
    let described = description { $0.hasEvents = true }
    let line = String(repeating: "x", count: 9999) + "\n"
    let product = run(described, [line + line + line])
    #expect(product.events.map { $0.payload.count / 10000 } == [1, 1, 1])
    let long = run(described, [String(repeating: "x", count: 40_000)])
    #expect(long.events.count == 3)
  }

  @Test func aNewProcessFinishesWhatTheOldOneBegan() {
    let described = description {
      $0.format = .prefix
      $0.captureMaximum = 100
      $0.stripsANSI = true
    }
    var pipeline = StreamPipeline(described, width: 0, isColoured: false)
    var product = StreamPipeline.Product()
    pipeline.began(7, into: &product)
    pipeline.take(Array("half a line\(CaptureTests.begin)lost".utf8)[...], into: &product)
    pipeline.began(8, into: &product)
    pipeline.take(Array("new\n".utf8)[...], into: &product)
    #expect(String(decoding: product.text, as: UTF8.self) == "g:web | half a line\ng:web | new\n")
  }

  @Test func theEndOfAProcessFinishesItsLastLine() {
    var pipeline = StreamPipeline(
      description { $0.format = .prefix }, width: 0, isColoured: false)
    var product = StreamPipeline.Product()
    pipeline.began(7, into: &product)
    pipeline.take(Array("last words".utf8)[...], into: &product)
    pipeline.exited(6, into: &product)
    #expect(product.text.isEmpty)
    pipeline.exited(7, into: &product)
    #expect(String(decoding: product.text, as: UTF8.self) == "g:web | last words\n")
  }

  @Test func linesGoToSyslogWithTheNameOfTheProcess() {
    let described = description { $0.targets = [.syslog(identity: "supervisord")] }
    let product = run(described, ["on", "e\n\ntw", "o"], finishes: false)
    let messages = product.messages.map { String(decoding: $0, as: UTF8.self) }
    #expect(messages.map { $0.dropFirst(20) } == ["supervisord: web one", "supervisord: web "])
    #expect(messages.allSatisfy { $0.hasPrefix("<14>") })
    #expect(run(described, ["two"]).messages.count == 1)
  }

  @Test func aStampIsThatOfTheCLibrary() {
    let first = WallTime(seconds: 1_793_491_200, nanoseconds: 0)
    let stamp = SyslogText.stamp(first)
    #expect(stamp.utf8.count == 15)
    let date = first.local
    #expect(stamp.hasPrefix(date.month == 11 ? "Nov " : "Oct "))
    #expect(stamp.hasPrefix(date.day < 10 ? "Nov  " : "Oct 3"))
  }

  @Test func aLongLineIsSeveralMessages() {
    let described = description { $0.targets = [.syslog(identity: "x")] }
    let product = run(described, [String(repeating: "y", count: SyslogText.longestLine + 1)])
    #expect(product.messages.count == 2)
  }

  /// Whatever comes, cut however: the same text, and nothing traps.
  @Test func theLogDoesNotDependOnHowOutputIsCut() {
    let pieces = ["\u{1B}[1m", "\u{1B}]0;", "\u{7}", CaptureTests.begin, CaptureTests.end, "é\n"]
    for seed in 0..<2000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = (0..<8).flatMap { _ in Array(pieces[Int(random.next() % 6)].utf8) }
      for _ in 0..<3 { Mutation.apply(to: &bytes, &random) }
      let described = description {
        $0.stripsANSI = true
        $0.captureMaximum = 16
      }
      var whole = StreamPipeline(described, width: 0, isColoured: false)
      var expected = StreamPipeline.Product()
      whole.take(bytes[...], into: &expected)
      whole.finish(into: &expected)
      var parts = StreamPipeline(described, width: 0, isColoured: false)
      var product = StreamPipeline.Product()
      for piece in bytes.cut(&random) { parts.take(piece, into: &product) }
      parts.finish(into: &product)
      #expect(product.text == expected.text, "seed \(seed)")
      #expect(lines(product.events) == lines(expected.events), "seed \(seed)")
    }
  }
}
