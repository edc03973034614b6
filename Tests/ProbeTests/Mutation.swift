import SuperviseCore

extension [UInt8] {
  /// Changes, removes, repeats or appends a few bytes.
  mutating func mutate(_ random: inout RandomSource) {
    for _ in 0...(random.next() % 4) {
      let index = Int(random.next() % UInt64(count + 1))
      let byte = UInt8(truncatingIfNeeded: random.next())
      switch random.next() % 4 {
      case 0 where index < count: self[index] = byte
      case 1 where index < count: remove(at: index)
      case 2: insert(byte, at: index)
      default: append(contentsOf: repeatElement(byte, count: Int(random.next() % 300)))
      }
    }
  }
}
