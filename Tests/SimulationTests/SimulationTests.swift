import Simulation
import Testing

/// A few seeded histories in a debug build; `make simulate` runs many in a release build.
@Suite struct SimulationTests {
  @Test(arguments: [0, 10] as [UInt64]) func fewSeeds(_ unkillable: UInt64) {
    for seed in 1...50 as ClosedRange<UInt64> {
      let failure = Campaign.failure(ofSeed: seed, unkillable: unkillable)
      #expect(failure == nil, "\(failure ?? "")")
    }
  }
}
