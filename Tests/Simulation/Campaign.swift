/// Every short sequence of stimuli, and then histories of consecutive seeds, run one after the
/// other until several of them have violated rules.
package struct Campaign {
  /// With fewer histories no sequences are run, and it is no fault if something never occurs.
  private static let seedsForEverything: UInt64 = 10_000

  private static let maxFailures = 20
  /// Each takes some seconds to shrink.
  private static let maxReports = 3

  private let count: UInt64
  private let firstSeed: UInt64
  private var occurrences = Occurrences()
  private var failures = 0
  private var events = 0
  private var earlyEnds = 0
  private var shortHistories = 0
  /// Rules that histories have violated.
  private var rules: Set<String> = []

  package init(count: UInt64, firstSeed: UInt64) {
    self.count = count
    self.firstSeed = firstSeed
  }

  /// Prints the seeds, the seeds that fail, and a shrunk history for each of the first rules that
  /// are violated. False: a history failed, or something that should occur sometimes has not.
  package mutating func run() -> Bool {
    if count >= Campaign.seedsForEverything { runSequences() }
    print("simulation: \(count) seeds from \(firstSeed)")
    for seed in firstSeed..<(firstSeed &+ count) where failures < Campaign.maxFailures {
      run(seed)
    }
    let isWhole = count >= Campaign.seedsForEverything && failures == 0
    let missing = isWhole ? occurrences.missing : []
    for name in missing { print("simulation: never occurred: \(name)") }
    print(
      "simulation: \(events) events; \(earlyEnds) histories ended before they were brought to "
        + "their end, \(shortHistories) had fewer than 20 events")
    if failures > 0 { print("simulation: \(failures) histories failed") }
    return missing.isEmpty && failures == 0
  }

  private mutating func runSequences() {
    var sequences = 0
    for subject in SequenceSubject.all {
      var exploration = Exploration(subject)
      if let report = exploration.failure(depth: subject.depth) {
        failures += 1
        print(report)
      }
      sequences += exploration.count
    }
    print("simulation: \(sequences) sequences")
  }

  private mutating func run(_ seed: UInt64) {
    var kernel = SimulatedKernel(Scenario(seed: seed), keepsTranscript: false)
    kernel.run()
    occurrences.add(kernel.occurrences)
    events += kernel.eventCount
    if kernel.endedEarly { earlyEnds += 1 }
    if kernel.eventCount < 20 { shortHistories += 1 }
    guard let violation = kernel.oracle.violations.first else { return }
    failures += 1
    print("simulation: seed \(seed): \(violation)")
    let isNew = rules.insert(Shrinker.rule(violation)).inserted
    guard isNew, rules.count <= Campaign.maxReports else { return }
    print(Campaign.report(Scenario(seed: seed), "seed \(seed)"))
  }

  /// What went wrong in the history of a seed; nil: nothing.
  package static func failure(ofSeed seed: UInt64) -> String? {
    failure(of: Scenario(seed: seed), "seed \(seed)")
  }

  static func failure(of scenario: Scenario, _ name: String) -> String? {
    var kernel = SimulatedKernel(scenario, keepsTranscript: false)
    kernel.run()
    return kernel.hasFailed ? report(scenario, name) : nil
  }

  /// The violations, the shortest scenario that still has them, and its transcript.
  private static func report(_ failing: Scenario, _ name: String) -> String {
    var shrinker = Shrinker(failing)
    let scenario = shrinker?.shrink() ?? failing
    var kernel = SimulatedKernel(scenario, keepsTranscript: true)
    kernel.run()
    let title = shrinker == nil ? "the whole history" : "shrunk"
    let violations = kernel.oracle.violations.prefix(5).joined(separator: "\n")
    return "\(name) (\(title)): \(violations)\n\n\(scenario.text)\n\n"
      + kernel.transcript.joined(separator: "\n")
  }
}
