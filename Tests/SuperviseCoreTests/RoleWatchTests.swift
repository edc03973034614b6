import SuperviseCore
import Testing

/// A role that does not answer is found, one that is slow or was not asked is left alone.
@Suite struct RoleWatchTests {
  private func at(_ milliseconds: UInt64) -> Instant {
    Instant(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func anIdleRoleHasNoDeadline() {
    var watch = RoleWatch()
    #expect(watch.deadline == nil)
    #expect(watch.deadlinePassed(at: at(100_000)) == .nothing)
    #expect(watch.sent(at: at(0)) == true)
    watch.answered(at: at(5))
    #expect(watch.deadline == nil)
  }

  @Test func aRoleThatDoesNotAnswerHangs() {
    var watch = RoleWatch()
    #expect(watch.sent(at: at(0)) == true)
    #expect(watch.deadline == at(10_000))
    #expect(watch.deadlinePassed(at: at(9_999)) == .nothing)
    #expect(watch.deadlinePassed(at: at(10_000)) == .hangs)
    watch.excuse(at: at(10_000))
    #expect(watch.deadlinePassed(at: at(20_000)) == .hangs)
  }

  @Test func trafficIsCoveredByOneRequestASecond() {
    var watch = RoleWatch()
    #expect(watch.sent(at: at(0)) == true)
    #expect(watch.sent(at: at(1)) == false)
    watch.answered(at: at(2))
    // What followed the request is asked about after the interval.
    #expect(watch.deadline == at(1_000))
    #expect(watch.deadlinePassed(at: at(999)) == .nothing)
    #expect(watch.deadlinePassed(at: at(1_000)) == .ask)
    watch.answered(at: at(1_001))
    #expect(watch.deadline == nil)
    #expect(watch.sent(at: at(1_500)) == false)
    #expect(watch.deadline == at(2_000))
    #expect(watch.deadlinePassed(at: at(2_000)) == .ask)
    #expect(watch.deadlinePassed(at: at(12_000)) == .hangs)
  }

  @Test func anAnswerLongAfterTheRequestLeavesNothingInThePast() {
    var watch = RoleWatch()
    #expect(watch.sent(at: at(0)) == true)
    #expect(watch.sent(at: at(1)) == false)
    watch.answered(at: at(5_000))
    #expect(watch.deadline == at(5_000))
  }

  @Test func aRoleWhoseAnswerWasLostIsAskedAgain() {
    var watch = RoleWatch()
    #expect(watch.sent(at: at(0)) == true)
    watch.showedLife()
    #expect(watch.deadlinePassed(at: at(10_000)) == .ask)
    #expect(watch.deadlinePassed(at: at(20_000)) == .hangs)
  }

  @Test func aSupervisorThatWasPausedBlamesNoRole() {
    var watch = RoleWatch()
    #expect(watch.sent(at: at(0)) == true)
    #expect(watch.deadlinePassed(at: at(60_000)) == .ask)
    #expect(watch.deadlinePassed(at: at(70_000)) == .hangs)
  }

  @Test func answersWithoutARequestAreIgnored() {
    var watch = RoleWatch()
    watch.answered(at: at(0))
    watch.showedLife()
    #expect(watch.deadline == nil)
  }
}
