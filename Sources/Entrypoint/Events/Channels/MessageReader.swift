internal import EventsProtocol
internal import Linux

/// Reads the messages of one channel, and puts events together that came in parts.
struct MessageReader {
  /// What a payload may have at the most; a longer one is passed over.
  private static let longestPayload = 256 << 20

  let channel: Int32
  private var parts: [UInt8] = []
  private var isTooLong = false

  init(_ channel: Int32) { self.channel = channel }

  /// The next message with the descriptor that came with it, which is the caller's to close.
  /// Throws EAGAIN for none, and EPIPE when the other end is gone.
  mutating func next(
    _ buffer: inout [UInt8]
  ) throws(Errno) -> (message: EventsMessage?, passed: Int32?) {
    while true {
      let (count, passed) = try receiveMessage(channel, into: &buffer)
      guard count > 0 else { throw .brokenPipe }
      if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
      switch EventsMessage(buffer[..<count]) {
      case .part(let bytes): take(bytes)
      case .event(let type, let payload):
        take(payload)
        let whole = parts
        defer { (parts, isTooLong) = ([], false) }
        if !isTooLong { return (.event(type, payload: whole), passed) }
      case let message: return (message, passed)
      }
      if let passed { closeDescriptor(passed) }
    }
  }

  private mutating func take(_ bytes: [UInt8]) {
    guard parts.count + bytes.count <= MessageReader.longestPayload else {
      (parts, isTooLong) = ([], true)
      return
    }
    if !isTooLong { parts += bytes }
  }
}
