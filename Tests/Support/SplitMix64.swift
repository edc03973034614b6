/// A seeded generator, so that a failing run can be repeated.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Damage such as happens to bytes on their way.
public enum Mutation {
  public static func apply(to bytes: inout [UInt8], _ random: inout SplitMix64) {
    let place = bytes.isEmpty ? 0 : Int(random.next() % UInt64(bytes.count))
    switch random.next() % 5 {
    case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 1 where !bytes.isEmpty:
      bytes.removeSubrange(place..<min(bytes.count, place + Int(random.next() % 16)))
    case 2: bytes.insert(contentsOf: [UInt8].noise(&random), at: place)
    case 3: bytes.insert(contentsOf: bytes.prefix(Int(random.next() % 64)), at: place)
    case 4: bytes.removeLast(bytes.count - place)
    default: break
    }
  }
}

extension [UInt8] {
  /// Pieces that grammars stumble over, and pure noise.
  fileprivate static func noise(_ random: inout SplitMix64) -> [UInt8] {
    let pieces = [
      "[", "]", "=", "%(", ")s", "%", "\"", "'", "\n ", ";", "#", "99999999999999999999",
    ]
    let piece = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
    return random.next() % 2 == 0 ? piece : [UInt8(truncatingIfNeeded: random.next())]
  }
}
