import SuperviseCore
import Testing

@testable import Supervise

/// The counters of processes that have ended and of programs that have been removed.
@Suite struct LedgerTests {
  /// A ledger with the counter of a role and those of programs with the numbers `0..<count`.
  private func ledger(_ count: Int) -> Ledger {
    var ledger = Ledger()
    ledger[role: "logger"].runs = 7
    for number in 0..<count { ledger["p\(number)"].runs = number + 1 }
    return ledger
  }

  @Test func aNameWithoutCountersHasZeros() {
    let ledger = Ledger()
    #expect(ledger["p"].runs == 0 && ledger[role: "logger"].processorTime == 0)
  }

  /// The counters of a program that returns soon must not go back.
  @Test func aFewRemovedNamesAreKept() {
    var ledger = ledger(3)
    ledger.keepOnly(["p0", "p1"])
    #expect((0..<3).map { ledger["p\($0)"].runs } == [1, 2, 3])
  }

  @Test func ofManyRemovedNamesOnlyThePresentOnesAndTheRolesAreKept() {
    var ledger = ledger(100)
    ledger.keepOnly(["p0", "p99", "new"])
    #expect([0, 1, 50, 99].map { ledger["p\($0)"].runs } == [1, 0, 0, 100])
    #expect(ledger[role: "logger"].runs == 7)
    #expect(ledger["logger"].runs == 0, "no program can have the name of a role's entry")
  }
}
