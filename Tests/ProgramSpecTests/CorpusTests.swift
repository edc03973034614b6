import Glibc
import ProgramSpec
import Support
import Testing

/// Each configuration must load, or be refused as supervisord refuses it.
@Suite struct CorpusTests {
  /// Refused by supervisord, loaded here on purpose, each with its reason.
  static let forgiven = [
    // A byte-order mark is what an editor left there.
    "byte-order-mark.conf", "ADACITRA__adcitra-panel__docker__supervisord.conf",
  ]

  @Test func eachFileOfTheIndexIsInTheDirectory() {
    #expect(Corpus.rows.count >= 30)
    #expect(Corpus.rows.allSatisfy { !$0.bytes.isEmpty })
  }

  @Test(arguments: Corpus.rows) func loadsOrIsRefused(_ row: Corpus.Row) throws {
    let reading = row.read()
    let complaints = reading.diagnostics.filter { $0.severity == .error }.map { "\($0)" }
    guard row.loads || CorpusTests.forgiven.contains(row.file) else {
      #expect(!complaints.isEmpty, "supervisord refuses it: \(row.error)")
      return
    }
    #expect(complaints.isEmpty)
    guard row.loads, let configuration = reading.configuration else { return }
    #expect(configuration.processCount == row.processes)
  }
}

/// Seeded damage to these files: reading must always end, and never trap.
@Suite struct MutationTests {
  @Test(arguments: 0..<20) func damagedFilesNeverTrap(_ batch: UInt64) {
    for seed in (batch * 150)..<(batch * 150 + 150) {
      var random = SplitMix64(seed: seed)
      let row = Corpus.rows[Int(random.next() % UInt64(Corpus.rows.count))]
      var bytes = row.bytes
      for _ in 0...Int(random.next() % 8) { Mutation.apply(to: &bytes, &random) }
      let reading = row.check(bytes)
      let refused = reading.diagnostics.contains { $0.severity == .error }
      #expect(refused == (reading.configuration == nil), "seed \(seed)")
    }
  }
}

extension Configuration {
  fileprivate var processCount: Int {
    units.reduce(0) { sum, unit in
      guard case .program(let program) = unit.work else { return sum }
      return sum + program.processes.count
    }
  }
}
