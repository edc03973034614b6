import Simulation
import Testing

/// A few seeded histories in a debug build; `make simulate` runs many in a release build.
@Suite struct SimulationTests {
  @Test func fewSeeds() {
    for seed in 1...100 as ClosedRange<UInt64> {
      let failure = Campaign.failure(ofSeed: seed)
      #expect(failure == nil, "\(failure ?? "")")
    }
  }
}
