import SuperviseCore
import Testing

@testable import Supervise

@Suite struct SpawnQueueTests {
  private var queue = SpawnQueue()

  private mutating func drain() -> [Int] {
    var order: [Int] = []
    while let (id, _) = queue.next() { order.append(id.index) }
    return order
  }

  @Test mutating func firstInFirstOut() {
    for index in [3, 1, 2] { queue.append(InstanceID(index)) }
    #expect(!queue.isEmpty)
    #expect(drain() == [3, 1, 2])
    #expect(queue.isEmpty)
  }

  @Test mutating func aCancelledSpawnIsNotPerformed() {
    for index in [1, 2, 3] { queue.append(InstanceID(index)) }
    queue.cancel(InstanceID(2))
    queue.cancel(InstanceID(2))
    queue.cancel(InstanceID(7))
    #expect(drain() == [1, 3])
  }

  /// Its old place in the queue is nobody's.
  @Test mutating func aSpawnAfterACancelledOneWaitsAtTheEnd() {
    for index in [1, 2] { queue.append(InstanceID(index)) }
    queue.cancel(InstanceID(1))
    queue.append(InstanceID(1))
    #expect(drain() == [2, 1])
  }

  @Test mutating func whatHasWaitedForALookupGoesFirst() {
    for index in [1, 2, 3] { queue.append(InstanceID(index)) }
    #expect(queue.next()?.instance == InstanceID(1))
    queue.prepend([InstanceID(8), InstanceID(9)])
    let next = queue.next()
    #expect(next?.instance == InstanceID(8))
    #expect(next?.isLookedUp == true)
    #expect(drain() == [9, 2, 3])
  }

  @Test mutating func cancelReachesWhatWasPutFirst() {
    queue.prepend([InstanceID(8)])
    queue.cancel(InstanceID(8))
    #expect(queue.isEmpty)
    #expect(drain() == [])
  }
}

@Suite struct DelayTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  @Test func aRefusedCallIsRepeatedLessAndLessOften() {
    var delay = RetryDelay()
    #expect(delay.dueAt == nil)
    var waits: [Int64] = []
    for _ in 0..<9 {
      delay.failed(at: start)
      waits.append(Int64(delay.dueAt?.elapsed(since: start).wholeNanoseconds ?? 0) / 1_000_000)
    }
    #expect(waits == [10, 20, 40, 80, 160, 320, 640, 1000, 1000])
    #expect(!delay.isDue(at: start.advanced(by: .milliseconds(999))))
    #expect(delay.isDue(at: start.advanced(by: .seconds(1))))
    delay.succeeded()
    #expect(delay.dueAt == nil)
    delay.failed(at: start)
    #expect(delay.dueAt == start.advanced(by: .milliseconds(10)))
  }

  /// Three times immediately; then after 250 ms, and twice as long each time, up to half a minute.
  @Test func aRoleThatDiesAgainAndAgainIsHeldBack() {
    var life = HelperLife()
    var waits: [Int64] = []
    for _ in 0..<12 {
      life.began(at: start)
      #expect(life.dueAt == nil)
      life.ended(at: start.advanced(by: .seconds(1)))
      let wait = life.dueAt?.elapsed(since: start.advanced(by: .seconds(1)))
      waits.append(Int64(wait?.wholeNanoseconds ?? 0) / 1_000_000)
    }
    #expect(
      waits == [0, 0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  }

  @Test func aRoleThatHasLivedWellIsStartedImmediately() {
    var life = HelperLife()
    for _ in 0..<6 {
      life.began(at: start)
      life.ended(at: start)
    }
    life.began(at: start)
    let end = start.advanced(by: .seconds(10))
    life.ended(at: end)
    #expect(life.isDue(at: end))
  }
}
