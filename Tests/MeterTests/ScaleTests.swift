import Linux
import MeterProtocol
import Support
import Testing

@testable import Meter

/// Who has outgrown its limit, and when it is looked at again.
@Suite struct ScaleTests {
  private func process(
    _ pid: Int32, parent: Int32 = 1, session: Int32, startedAt: UInt64 = 0, bytes: UInt64
  ) -> ProcessUsage {
    ProcessUsage(
      pid: pid, parent: parent, session: session, startedAt: startedAt, processorTime: 0,
      residentBytes: bytes)
  }

  private func scale(_ messages: MeterMessage...) -> Scale {
    var scale = Scale()
    for message in messages { scale.take(message) }
    return scale
  }

  @Test func aProgramIsWeighedAsAWholeAndToldOnce() {
    var scale = scale(.watch(instance: 7, pid: 10, limit: 100))
    let others = process(20, session: 20, bytes: 1000)
    #expect(scale.weigh([process(10, session: 10, bytes: 60), others]) == [])
    let both = [process(10, session: 10, bytes: 60), process(11, session: 10, bytes: 41), others]
    for _ in 0..<2 {
      #expect(scale.weigh(both) == [.outgrew(instance: 7, pid: 10, bytes: 101)])
    }
    scale.wasTold(.outgrew(instance: 7, pid: 10, bytes: 101))
    #expect(scale.weigh(both) == [])
    #expect(scale.isEmpty)
  }

  @Test func aSessionOfItsOwnDoesNotHideAProcess() {
    var scale = scale(.watch(instance: 7, pid: 10, limit: 100))
    let leader = process(10, session: 10, bytes: 1)
    let child = process(11, parent: 10, session: 11, startedAt: 5, bytes: 50)
    let grandchild = process(12, parent: 11, session: 12, bytes: 50)
    let told = [MeterMessage.outgrew(instance: 7, pid: 10, bytes: 101)]
    #expect(scale.weigh([leader, child, grandchild]) == told)
    // Its parent has exited, so that init has adopted it: an earlier look knows it.
    let orphan = process(11, parent: 1, session: 11, startedAt: 5, bytes: 50)
    #expect(scale.weigh([leader, orphan, grandchild]) == told)
    // Another process with the same number is no process of this program.
    let other = process(11, parent: 1, session: 11, startedAt: 6, bytes: 1000)
    #expect(scale.weigh([leader, other]) == [])
  }

  @Test func theSessionCountsBeforeTheAncestors() {
    var scale = scale(
      .watch(instance: 7, pid: 10, limit: 100), .watch(instance: 8, pid: 20, limit: 100))
    let processes = [
      process(10, session: 10, bytes: 1), process(20, session: 20, bytes: 1),
      process(21, parent: 10, session: 20, bytes: 100),
    ]
    #expect(scale.weigh(processes) == [.outgrew(instance: 8, pid: 20, bytes: 101)])
  }

  @Test func aNewProcessOfAnInstanceBeginsAnew() {
    var scale = scale(
      .watch(instance: 7, pid: 10, limit: 100), .watch(instance: 7, pid: 11, limit: 100))
    #expect(scale.weigh([process(10, session: 10, bytes: 200)]) == [])
    scale.take(.forget(instance: 7))
    #expect(scale.isEmpty)
  }

  @Test func theLastQuarterIsWatchedClosely() {
    var scale = scale(.watch(instance: 7, pid: 10, limit: 100))
    _ = scale.weigh([process(10, session: 10, bytes: 75)])
    let usual = scale.interval
    _ = scale.weigh([process(10, session: 10, bytes: 76)])
    #expect(scale.interval < usual)
  }

  @Test(arguments: [
    MeterMessage.watch(instance: 3, pid: 4, limit: .max), .forget(instance: 0),
    .outgrew(instance: .max, pid: .max, bytes: 5), .seesNoOthers,
  ])
  func whatIsSaidIsHeard(_ message: MeterMessage) {
    #expect(MeterMessage(message.encoded[...]) == message)
    for length in 0..<message.encoded.count {
      #expect(MeterMessage(message.encoded[..<length]) == nil)
    }
  }

  static let line =
    "42 (php-fpm: pool (www) R) S 1 41 41 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 1 0 99 1000 3 4 5"

  @Test func aLineOfProcIsReadFromBehindTheName() throws {
    let usage = try #require(
      ProcessUsage(statLine: Array(Self.line.utf8)[...], pageSize: 4096))
    let expected = ProcessUsage(
      pid: 42, parent: 1, session: 41, startedAt: 99, processorTime: 3_000_000_000,
      residentBytes: 3 * 4096)
    #expect(usage == expected)
  }

  @Test(arguments: 0..<400) func damagedLinesAreNoLines(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array(Self.line.utf8)
    for _ in 0...(random.next() % 4) {
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
    }
    let kept = bytes.prefix(Int(random.next() % UInt64(bytes.count)))
    // Whatever it is taken for, reading it ends.
    if let usage = ProcessUsage(statLine: kept, pageSize: 4096) {
      #expect(usage.residentBytes % 4096 == 0)
    }
  }

  @Test func weAreAmongThem() throws {
    let own = try #require(
      ProcessUsage.all().first { $0.pid == ThisProcess.identifier })
    #expect(own.residentBytes > 1 << 20)
  }
}
