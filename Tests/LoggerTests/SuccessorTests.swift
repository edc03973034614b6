import LoggerProtocol
import Support
import Testing

@testable import Logger

/// Whose lines they are when the logger is behind.
@Suite struct SuccessorTests {
  private func same(
    _ found: LogStream.Mark?, _ expected: [Int]?, _ kind: LogStream.Mark.Kind = .began
  ) {
    #expect(found.map { [Int($0.pid), $0.after] } == expected)
    #expect(found == nil || found?.kind == kind)
  }

  private func stream() -> LogStream {
    var description = StreamDescription(label: "web")
    description.format = .json
    let source = LogStream.Source(
      descriptor: -1, number: 0, generation: 0,
      origin: LogOrigin(stream: 0, label: "web", format: .json), places: [], copies: [])
    return LogStream(source, StreamPipeline(description, width: 0, isColoured: false))
  }

  @Test func withoutOldWordsANewProcessBeginsAtOnce() {
    var one = stream()
    let isNow = one.began(7, unread: 0, at: 5)
    #expect(isNow)
  }

  @Test func wordsReadSinceThenWereTheOldOnes() {
    var one = stream()
    one.willRead()
    let isNow = one.began(7, unread: 100, at: one.lastRead)
    #expect(isNow)
    same(one.nextMark(within: .max), nil)
  }

  @Test func oldWordsAreCountedOverReads() {
    var one = stream()
    // By the child itself, and by PID 1.
    for _ in 0..<2 {
      let isNow = one.began(7, unread: 10, at: .max)
      #expect(!isNow)
    }
    _ = one.began(8, unread: 12, at: .max)
    same(one.nextMark(within: 9), nil)
    one.passed(9)
    same(one.nextMark(within: 5), [7, 1])
    one.passed(1)
    same(one.nextMark(within: 4), [8, 2])
    same(one.nextMark(within: 4), nil)
  }

  @Test func theEndOfAProcessComesAfterItsLastWords() {
    var one = stream()
    _ = one.began(7, unread: 0, at: 5)
    var product = StreamPipeline.Product()
    one.pipeline.began(7, into: &product)
    var isNow = one.exited(7, unread: 10, at: .max)
    #expect(!isNow)
    // Its successor begins where it has ended.
    _ = one.began(8, unread: 10, at: .max)
    one.passed(4)
    same(one.nextMark(within: 5), nil)
    same(one.nextMark(within: 6), [7, 6], .exited)
    same(one.nextMark(within: 6), [8, 6])
    isNow = one.exited(7, unread: 0, at: 6)
    #expect(isNow)
    isNow = one.exited(9, unread: 0, at: 6)
    #expect(!isNow)
  }
}
