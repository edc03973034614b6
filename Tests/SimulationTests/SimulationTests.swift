import Glibc
import SuperviseCore
import Testing

/// Seeded runs of the whole core on a machine that does not exist.
@Suite struct SimulationTests {
  /// Seeds that once failed. Each bug has a hand-written row as well.
  static let pinned: [UInt64] = [
    15417, 27590, 70489, 139_848, 2899, 5943, 5572, 9154, 218, 214, 9049,
  ]

  @Test(arguments: pinned) func pinnedSeed(_ seed: UInt64) { expectCalmEnd(seed) }

  @Test func manySeeds() {
    let first = number("FIRST_SEED", 1)
    for seed in first..<(first &+ number("SIMULATION_SEEDS", 10_000)) {
      guard expectCalmEnd(seed) else { return }
    }
  }

  /// Some processes are never ended by any signal; the shutdown ends all the same.
  @Test func unkillableProcesses() {
    let first = number("FIRST_SEED", 1)
    for seed in first..<(first &+ number("SIMULATION_SEEDS", 10_000) / 4) {
      guard expectCalmEnd(seed, unkillable: 10) else { return }
    }
  }

  @discardableResult private func expectCalmEnd(
    _ seed: UInt64, unkillable: UInt64 = 0
  ) -> Bool {
    var quick = SimulatedKernel(seed: seed, unkillable: unkillable, keepsTranscript: false)
    quick.run()
    guard quick.hasFailed else { return true }
    var kernel = SimulatedKernel(seed: seed, unkillable: unkillable, keepsTranscript: true)
    kernel.run()
    let violations = kernel.oracle.violations.prefix(5).joined(separator: "\n")
    Issue.record("seed \(seed)\n\(violations)\n\(kernel.summary)")
    return false
  }

  private func number(_ name: String, _ fallback: UInt64) -> UInt64 {
    getenv(name).flatMap { UInt64(String(cString: $0)) } ?? fallback
  }
}
