/// Histories of consecutive seeds, run one after the other until one of them violates a rule.
package struct Campaign {
  /// Of every four seeds one runs a second time with processes that SIGKILL does not end.
  private static let unkillableShare: UInt64 = 4

  let count: UInt64
  let firstSeed: UInt64

  package init(count: UInt64, firstSeed: UInt64) {
    self.count = count
    self.firstSeed = firstSeed
  }

  /// Prints the seeds, and the history of the first one that fails. False: one failed.
  package func run() -> Bool {
    print("simulation: \(count) seeds from \(firstSeed)")
    for seed in firstSeed..<(firstSeed &+ count) {
      guard report(seed, unkillable: 0) else { return false }
      guard seed % Campaign.unkillableShare == 0 else { continue }
      guard report(seed, unkillable: 10) else { return false }
    }
    return true
  }

  private func report(_ seed: UInt64, unkillable: UInt64) -> Bool {
    guard let failure = Campaign.failure(ofSeed: seed, unkillable: unkillable) else { return true }
    print(failure)
    return false
  }

  /// What went wrong, with the history; nil: nothing.
  package static func failure(ofSeed seed: UInt64, unkillable: UInt64 = 0) -> String? {
    var quick = SimulatedKernel(seed: seed, unkillable: unkillable, keepsTranscript: false)
    quick.run()
    guard quick.hasFailed else { return nil }
    var kernel = SimulatedKernel(seed: seed, unkillable: unkillable, keepsTranscript: true)
    kernel.run()
    let violations = kernel.oracle.violations.prefix(5).joined(separator: "\n")
    return "seed \(seed)\n\(violations)\n\(kernel.summary)"
  }
}
