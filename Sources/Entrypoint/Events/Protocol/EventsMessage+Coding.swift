internal import LoggerProtocol

/// Records as bytes: a kind, then its fields. A record that does not read to its very end is no
/// message, whatever it holds.
extension EventsMessage {
  /// No record is longer.
  package static let longest = 64 << 10
  private static let longestPart = 32 << 10

  /// An event as the records it takes: however long its payload, each fits into the channel.
  package static func records(_ type: EventType, _ payload: [UInt8]) -> [[UInt8]] {
    var records: [[UInt8]] = []
    var rest = payload[...]
    while rest.count > longestPart {
      records.append(EventsMessage.part(Array(rest.prefix(longestPart))).encoded)
      rest = rest.dropFirst(longestPart)
    }
    return records + [EventsMessage.event(type, payload: Array(rest)).encoded]
  }

  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .verbosity(let isDebug): bytes += [1, isDebug ? 1 : 0]
    case .pool(let description):
      bytes.append(2)
      description.encode(into: &bytes)
    case .removePool(let name):
      bytes.append(3)
      bytes.put(name)
    case .listener(let description):
      bytes.append(4)
      description.encode(into: &bytes)
    case .listenerOutput(let instance): bytes.put(5, instance)
    case .listenerLog(let instance): bytes.put(6, instance)
    case .listenerState(let instance, let isRunning):
      bytes.put(7, instance)
      bytes.append(isRunning ? 1 : 0)
    case .listenerEnded(let instance): bytes.put(8, instance)
    case .event(let type, let payload):
      bytes.append(9)
      bytes.put(type.rawValue)
      bytes.put(bytes: payload[...])
    case .part(let payload):
      bytes.append(10)
      bytes.put(bytes: payload[...])
    case .loggerChannel: bytes.append(11)
    case .finish: bytes.append(12)
    case .deliver: bytes.append(15)
    case .delivered: bytes.append(16)
    case .say(let level, let text):
      bytes += [13, level.rawValue]
      bytes.put(text)
    case .copy(let heading, let output):
      bytes.append(17)
      bytes.put(heading)
      bytes.put(output)
    case .listening(let instance, let state):
      bytes.put(14, instance)
      bytes.append(state.rawValue)
    }
    return bytes
  }

  /// nil for what is no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var cursor = RecordCursor(bytes)
    guard let kind = cursor.byte(), let message = EventsMessage(kind: kind, &cursor),
      cursor.isAtEnd
    else { return nil }
    self = message
  }

  private init?(kind: UInt8, _ cursor: inout RecordCursor) {
    switch kind {
    case 1:
      guard let isDebug = cursor.flag() else { return nil }
      self = .verbosity(isDebug: isDebug)
    case 2:
      guard let description = PoolDescription(&cursor) else { return nil }
      self = .pool(description)
    case 3:
      guard let name = cursor.text() else { return nil }
      self = .removePool(name: name)
    case 4:
      guard let description = ListenerDescription(&cursor) else { return nil }
      self = .listener(description)
    case 5...8, 14:
      guard let instance = cursor.small() else { return nil }
      self.init(kind: kind, of: instance, &cursor)
    case 11: self = .loggerChannel
    case 12: self = .finish
    case 15: self = .deliver
    case 16: self = .delivered
    default: self.init(longKind: kind, &cursor)
    }
  }

  private init?(kind: UInt8, of instance: UInt32, _ cursor: inout RecordCursor) {
    switch kind {
    case 5: self = .listenerOutput(instance: instance)
    case 6: self = .listenerLog(instance: instance)
    case 7:
      guard let isRunning = cursor.flag() else { return nil }
      self = .listenerState(instance: instance, isRunning: isRunning)
    case 8: self = .listenerEnded(instance: instance)
    default:
      guard let state = cursor.byte().flatMap(ListenerState.init) else { return nil }
      self = .listening(instance: instance, state)
    }
  }

  private init?(longKind kind: UInt8, _ cursor: inout RecordCursor) {
    switch kind {
    case 9:
      guard let type = cursor.eventType(), let payload = cursor.bytes() else { return nil }
      self = .event(type, payload: Array(payload))
    case 10:
      guard let payload = cursor.bytes() else { return nil }
      self = .part(Array(payload))
    case 13:
      guard let level = cursor.byte().flatMap(Level.init), let text = cursor.text() else {
        return nil
      }
      self = .say(level, text)
    case 17:
      guard let heading = cursor.text(), let output = cursor.text() else { return nil }
      self = .copy(heading: heading, output: output)
    default: return nil
    }
  }
}

extension PoolDescription {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(name)
    bytes.put(server)
    bytes.put(UInt64(bufferSize))
    bytes += [countsCharacters ? 1 : 0, resultHandler.rawValue, marksLines ? 1 : 0]
    bytes.append(UInt8(truncatingIfNeeded: min(events.count, 255)))
    for event in events.prefix(255) { bytes.put(event.rawValue) }
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let name = cursor.text(), let server = cursor.text(), let size = cursor.small(),
      let countsCharacters = cursor.flag(),
      let handler = cursor.byte().flatMap(ResultHandler.init), let marksLines = cursor.flag(),
      let count = cursor.byte()
    else { return nil }
    self.init(name: name, server: server, events: [])
    bufferSize = size
    self.countsCharacters = countsCharacters
    resultHandler = handler
    self.marksLines = marksLines
    for _ in 0..<count {
      guard let event = cursor.eventType() else { return nil }
      events.append(event)
    }
  }
}

extension ListenerDescription {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(pool)
    bytes.put(UInt64(instance))
    bytes.put(name)
    bytes += [state.rawValue, isRunning ? 1 : 0]
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let pool = cursor.text(), let instance = cursor.small(), let name = cursor.text(),
      let state = cursor.byte().flatMap(ListenerState.init), let isRunning = cursor.flag()
    else { return nil }
    self.init(pool: pool, instance: instance, name: name)
    self.state = state
    self.isRunning = isRunning
  }
}

extension [UInt8] {
  fileprivate mutating func put(_ kind: UInt8, _ instance: UInt32) {
    append(kind)
    put(UInt64(instance))
  }
}

extension RecordCursor {
  fileprivate mutating func flag() -> Bool? { byte().map { $0 & 1 != 0 } }
  fileprivate mutating func eventType() -> EventType? { text().flatMap(EventType.init) }
}
