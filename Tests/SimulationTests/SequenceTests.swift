import Testing

@testable import Simulation

/// Every sequence of what can happen to one unit, or to two, in a debug build; `make simulate` runs
/// longer ones.
@Suite struct SequenceTests {
  @Test(arguments: SequenceSubject.all.indices) func everySequence(_ index: Int) {
    let subject = SequenceSubject.all[index]
    var exploration = Exploration(subject)
    let failure = exploration.failure(depth: subject.depth - 2)
    #expect(failure == nil, "\(failure ?? "")")
    #expect(exploration.count > 100)
  }
}
