internal import EventsProtocol

/// An event that a pool has accepted. Sent again, it keeps both its numbers.
struct PoolEvent: Equatable {
  let type: EventType
  let payload: [UInt8]
  let serial: Int64
  let poolSerial: Int64
}

/// A counter from 0 that begins anew after 2⁶³−1, as supervisord's does.
struct Serial {
  private var following: Int64 = 0

  init(next: Int64 = 0) { following = next }

  mutating func next() -> Int64 {
    defer { following = following == .max ? 0 : following + 1 }
    return following
  }
}

extension PoolDescription {
  /// What is written to a listener's stdin: supervisord section 7.2.
  func envelope(_ event: PoolEvent) -> [UInt8] {
    let head =
      "ver:3.0 server:\(server) serial:\(event.serial) pool:\(name) "
      + "poolserial:\(event.poolSerial) eventname:\(event.type.rawValue) "
      + "len:\(length(event.payload))\n"
    return Array(head.utf8) + event.payload
  }

  /// A character is as many bytes as follow one that is no continuation: payloads are UTF-8.
  private func length(_ payload: [UInt8]) -> Int {
    guard countsCharacters else { return payload.count }
    return payload.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
  }
}
