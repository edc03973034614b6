import EventsProtocol
import GatewayProtocol
import LoggerProtocol
import MeterProtocol
import NotifyProtocol

/// Records between PID 1 and its roles: what is received from a compromised role, and what PID 1
/// and the roles send.
extension FuzzTarget {
  static let messages = [
    FuzzTarget("logger-messages") { (input) throws(Violation) in
      try check(
        input, limit: LoggerMessage.longest, { LoggerMessage($0) }, \.encoded, LoggerMessage.drawn)
    },
    FuzzTarget("gateway-messages") { (input) throws(Violation) in
      try check(
        input, limit: GatewayMessage.longest, { GatewayMessage($0) }, \.encoded,
        GatewayMessage.drawn)
    },
    FuzzTarget("events-messages") { (input) throws(Violation) in
      try check(
        input, limit: EventsMessage.longest, { EventsMessage($0) }, \.encoded, EventsMessage.drawn)
      try checkParts(input)
    },
    FuzzTarget("meter-messages") { (input) throws(Violation) in
      try check(
        input, limit: MeterMessage.longest, { MeterMessage($0) }, \.encoded, MeterMessage.drawn)
    },
    FuzzTarget("notify-messages") { (input) throws(Violation) in
      try check(
        input, limit: NotifyMessage.maxLength, { NotifyMessage($0) }, \.encoded,
        NotifyMessage.drawn)
    },
  ]

  /// Both directions: a record that is understood is written and read as the same message, and so
  /// is each message that the product may send.
  private static func check<Message: Equatable>(
    _ input: [UInt8], limit: Int, _ decode: (ArraySlice<UInt8>) -> Message?,
    _ encode: (Message) -> [UInt8], _ draw: (inout Draw) -> Message
  ) throws(Violation) {
    let record = input.prefix(limit)
    if let message = decode(record) {
      // Texts are cut to their longest length once; after that nothing changes.
      let bytes = encode(message)
      guard let again = decode(bytes[...]) else {
        throw Violation("\(message) cannot be read as it is written")
      }
      try require(bytes.count <= 4 * limit, "a record of \(bytes.count) bytes")
      try requireEqual(decode(encode(again)[...]), again, "a message that was read")
    }
    var source = Draw(input)
    while !source.isAtEnd {
      let message = draw(&source)
      let bytes = encode(message)
      try requireEqual(decode(bytes[...]), message, "a message that is sent")
      try require(bytes.count <= limit, "\(bytes.count) bytes of \(message)")
    }
  }

  /// However long its payload, an event arrives as it was sent.
  private static func checkParts(_ input: [UInt8]) throws(Violation) {
    let payload = Array(repeatElement(input, count: 1 + (Int(input.first ?? 0) << 2)).joined())
    var received: [UInt8] = []
    let records = EventsMessage.records(.tick5, payload)
    for (index, record) in records.enumerated() {
      try require(record.count <= EventsMessage.longest, "\(record.count) bytes in one record")
      switch EventsMessage(record[...]) {
      case .part(let bytes): received += bytes
      case .event(.tick5, let bytes):
        received += bytes
        try require(index == records.count - 1, "an event before its last part")
      default: throw Violation("another message among the parts")
      }
    }
    try requireEqual(received.count, payload.count, "bytes of a payload")
    try require(received == payload, "a payload in parts")
  }
}
