/// The only chance in the core: a SplitMix64 generator (Steele, Lea and Flood, 2014) that the
/// caller seeds, so that a simulated run can be repeated to the last jitter.
package struct RandomSource: Sendable, Equatable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Evenly spread over `0...bound`, but for a bias too small to matter for delays.
  package mutating func upTo(_ bound: UInt64) -> UInt64 {
    bound == .max ? next() : next() % (bound + 1)
  }
}
