import Linux
import SuperviseCore
import Testing

@testable import Supervise

/// Processes that SIGKILL does not end are counted for each purpose.
@Suite struct SurvivorsTests {
  private var survivors = Survivors()
  private let id = InstanceID(1)

  @Test mutating func aProcessThatWasTheMainOneCountsForItsProgram() {
    survivors.add(100, .predecessor(id))
    survivors.add(101, .instance(id))
    survivors.add(102, .probe(id, .health))
    survivors.add(103, .instance(InstanceID(2)))
    #expect(survivors.groups(of: .instance(id)).sorted() == [100, 101])
    #expect(survivors.groups(of: .probe(id, .health)) == [102])
    #expect(survivors.groups(of: .probe(id, .readiness)).isEmpty)
  }

  /// Another unit gets the number of an instance that a reload has removed.
  @Test mutating func nothingIsCountedForTheNextUnitWithTheSameNumber() {
    survivors.add(100, .predecessor(id))
    survivors.add(101, .stopCommand(id))
    survivors.add(102, .lookup)
    survivors.forget(id)
    #expect(!survivors.includes(100) && !survivors.includes(101) && survivors.includes(102))
    survivors.remove(102)
    #expect(survivors.isEmpty)
  }
}
