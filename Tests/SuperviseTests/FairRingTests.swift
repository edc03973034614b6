import Testing

@testable import Supervise

/// What the journal keeps of units that have more to say than others.
@Suite struct FairRingTests {
  private var ring = FairRing<[Int]>(capacity: 12)

  private mutating func append(_ holder: Int, _ numbers: Range<Int>) {
    for number in numbers { ring.append([holder, number], of: holder) }
  }

  private func numbers(_ holder: Int) -> [Int] {
    ring.elements.filter { $0[0] == holder }.map { $0[1] }
  }

  @Test mutating func theNewestElementsOfOneHolderAreKept() {
    append(3, 0..<100)
    #expect(ring.elements.map { $0[1] } == Array(88..<100))
  }

  @Test mutating func aBusyHolderDisplacesItsOwnElements() {
    append(0, 0..<2)
    append(1, 0..<1000)
    append(2, 0..<3)
    append(1, 1000..<2000)
    #expect(numbers(0) == [0, 1])
    #expect(numbers(1) == Array(1993..<2000))
    #expect(numbers(2) == [0, 1, 2])
  }

  @Test mutating func anyNumberOfBusyHoldersLeavesEachItsShare() {
    append(5, 0..<2)
    for number in 0..<100 { for holder in 0..<5 { append(holder, number..<(number + 1)) } }
    #expect(numbers(5) == [0, 1])
    #expect((0..<5).allSatisfy { numbers($0).count >= 1 && numbers($0).last == 99 })
    #expect(ring.elements.count == 12)
  }

  @Test mutating func moreHoldersThanRoomKeepTheNewest() {
    for holder in 0..<100 { append(holder, 0..<1) }
    #expect(ring.elements.count == 12)
    #expect(ring.elements.contains([99, 0]))
  }

  /// A list of all elements in which the oldest one of a holder with its share is removed.
  @Test mutating func theOrderIsKeptAndNoHolderLosesBelowItsShare() {
    var state: UInt64 = 42
    var last: [[Int]] = []
    for number in 0..<5000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let holder = min(Int(state >> 33) % 7, Int(state >> 45) % 7)
      append(holder, number..<(number + 1))
      let found = ring.elements
      #expect(found.map { $0[1] } == found.map { $0[1] }.sorted())
      #expect(found.last == [holder, number])
      let lost = last.filter { !found.contains($0) }
      #expect(lost.count == (number < 12 ? 0 : 1))
      if let victim = lost.first {
        let held = last.filter { $0[0] == victim[0] }
        #expect(held.first == victim)
        #expect(held.count * Set(last.map { $0[0] }).count >= 12)
      }
      last = found
    }
  }
}
