internal import Linux

/// What is to be sent, and how much of it has been.
struct Outbox {
  private var bytes: [UInt8] = []
  private var sent = 0

  var count: Int { bytes.count - sent }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ more: [UInt8]) {
    if isEmpty { clear() }
    bytes += more
  }

  enum Outcome: Equatable { case all, some, none, gone }

  /// As much as the socket takes now.
  mutating func flush(_ descriptor: Int32) -> Outcome {
    let before = count
    while !isEmpty {
      do { sent += try sendBytes(descriptor, bytes, sent..<bytes.count) } catch {
        guard error == .wouldBlock else { return .gone }
        return count < before ? .some : .none
      }
    }
    clear()
    return .all
  }

  private mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
    sent = 0
  }
}
