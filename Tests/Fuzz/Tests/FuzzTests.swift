import FuzzTargets
import Support
import Testing

/// The fuzzers' properties, without coverage: each committed input, and seeded mutations of it.
@Suite struct FuzzTests {
  private static let mutations = 60 as UInt64

  @Test(arguments: FuzzTarget.all.map(\.name)) func propertiesHold(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let inputs = Corpus.inputs(of: name)
    #expect(!inputs.isEmpty, "no committed inputs")
    for (file, input) in inputs {
      run(target, input, "\(file)")
      for seed in 0..<Self.mutations {
        var random = SplitMix64(seed: seed)
        var mutated = input
        for _ in 0...(random.next() % 4) { Mutation.apply(to: &mutated, &random) }
        run(target, mutated, "\(file), seed \(seed)")
      }
    }
  }

  private func run(_ target: FuzzTarget, _ input: [UInt8], _ origin: String) {
    do throws(Violation) { try target.run(input) } catch {
      Issue.record("\(origin): \(error.text)")
    }
  }
}
