import SafeText
import Testing

@Suite struct LineLimitTests {
  private let second: UInt64 = 1_000_000_000

  @Test func aBurstIsWrittenAndTheRestIsCounted() {
    var limit = LineLimit()
    let now = 1000 * second
    let written = (0..<1000).count { _ in limit.admits(at: now) }
    #expect(written == LineLimit.burst)
    #expect(limit.takeLeftOut(at: now) == nil, "not before the next second")
    #expect(limit.nextReport == now + second)
    #expect(limit.takeLeftOut(at: now + second) == 1000 - LineLimit.burst)
    #expect(limit.nextReport == nil, "nothing wakes the loop")
    #expect(limit.takeLeftOut(at: now + 2 * second) == nil)
  }

  /// 100 lines a second for a minute, also where the reports come late.
  @Test(arguments: [0, 1, 3] as [UInt64]) func aFloodWritesOneLineASecond(_ delay: UInt64) {
    var limit = LineLimit()
    var (written, reports, leftOut) = (0, 0, 0)
    for step in 0..<6000 as Range<UInt64> {
      let now = 500 * second + step * (second / 100)
      if let due = limit.nextReport, due + delay * second / 4 <= now,
        let count = limit.takeLeftOut(at: now)
      {
        (reports, leftOut) = (reports + 1, leftOut + count)
      }
      if limit.admits(at: now) { written += 1 }
    }
    #expect(written + reports <= 60 + LineLimit.burst)
    #expect(reports >= 40, "it is reported while it lasts")
    #expect(written + leftOut > 5800)
  }

  @Test func seldomLinesAreAllWritten() {
    var limit = LineLimit()
    let written = (0..<1000 as Range<UInt64>).count { limit.admits(at: $0 * second) }
    #expect(written == 1000)
    #expect(limit.nextReport == nil)
  }
}
