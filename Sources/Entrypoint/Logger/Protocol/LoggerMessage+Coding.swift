/// Records as bytes: a kind, then its fields, numbers little-endian and texts after their length.
/// A record that does not read to its very end is no message, whatever it holds.
extension LoggerMessage {
  /// No record is longer; what would be is cut to this by its author's own limits.
  package static let longest = 16 << 10

  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .open(let stream, let description):
      bytes.append(1)
      bytes.put(UInt64(stream))
      description.encode(into: &bytes)
    case .pid(let streams, let pid):
      bytes.append(2)
      bytes.append(UInt8(truncatingIfNeeded: streams.count))
      for stream in streams { bytes.put(UInt64(stream)) }
      bytes.put(UInt64(UInt32(bitPattern: pid)))
    case .reopen: bytes.append(3)
    case .finish: bytes.append(4)
    case .ready(let stream):
      bytes.append(5)
      bytes.put(UInt64(stream))
    case .failed(let stream, let error, let path):
      bytes.append(6)
      bytes.put(UInt64(stream))
      bytes.put(UInt64(UInt32(bitPattern: error)))
      bytes.put(path)
    }
    return bytes
  }

  /// nil for what is no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var cursor = RecordCursor(bytes)
    guard let kind = cursor.byte(), let message = LoggerMessage(kind: kind, &cursor),
      cursor.isAtEnd
    else { return nil }
    self = message
  }

  private init?(kind: UInt8, _ cursor: inout RecordCursor) {
    switch kind {
    case 1:
      guard let stream = cursor.small(), let description = StreamDescription(&cursor) else {
        return nil
      }
      self = .open(stream: stream, description)
    case 2:
      guard let streams = cursor.streams(), let pid = cursor.small() else { return nil }
      self = .pid(streams: streams, Int32(bitPattern: pid))
    case 3: self = .reopen
    case 4: self = .finish
    case 5:
      guard let stream = cursor.small() else { return nil }
      self = .ready(stream: stream)
    case 6:
      guard let stream = cursor.small(), let error = cursor.small(), let path = cursor.text() else {
        return nil
      }
      self = .failed(stream: stream, error: Int32(bitPattern: error), path: path)
    default: return nil
    }
  }
}

extension StreamDescription {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(label)
    bytes.put(UInt64(instance))
    bytes.append((isError ? 1 : 0) | (isPrivate ? 2 : 0))
    bytes.append(format.rawValue)
    bytes.put(maximumBytes)
    bytes.put(UInt64(backups))
    bytes.put(readyText)
    bytes.put(UInt64(targets.count))
    for target in targets {
      switch target {
      case .file(let path):
        bytes.append(0)
        bytes.put(path)
      case .descriptor(let number):
        bytes.append(1)
        bytes.put(UInt64(UInt32(bitPattern: number)))
      }
    }
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let label = cursor.text(), let instance = cursor.small(), let flags = cursor.byte(),
      let format = cursor.byte().flatMap(Format.init), let maximum = cursor.number(),
      let backups = cursor.small(), let readyText = cursor.text(), let count = cursor.small()
    else { return nil }
    self.init(label: label)
    self.instance = instance
    isError = flags & 1 != 0
    isPrivate = flags & 2 != 0
    self.format = format
    maximumBytes = maximum
    self.backups = backups
    self.readyText = readyText
    for _ in 0..<min(count, 64) {
      guard let target = Target(&cursor) else { return nil }
      targets.append(target)
    }
  }
}

extension StreamDescription.Target {
  fileprivate init?(_ cursor: inout RecordCursor) {
    switch cursor.byte() {
    case 0:
      guard let path = cursor.text() else { return nil }
      self = .file(path)
    case 1:
      guard let number = cursor.small() else { return nil }
      self = .descriptor(Int32(bitPattern: number))
    default: return nil
    }
  }
}

extension [UInt8] {
  fileprivate mutating func put(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  fileprivate mutating func put(_ text: String) {
    let bytes = Array(text.utf8.prefix(4096))
    put(UInt64(bytes.count))
    self += bytes
  }
}

private struct RecordCursor {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8? { rest.popFirst() }

  mutating func number() -> UInt64? {
    guard rest.count >= 8 else { return nil }
    defer { rest = rest.dropFirst(8) }
    return rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func small() -> UInt32? { number().flatMap { UInt32(exactly: $0) } }

  mutating func streams() -> [UInt32]? {
    guard let count = byte() else { return nil }
    var streams: [UInt32] = []
    for _ in 0..<count {
      guard let stream = small() else { return nil }
      streams.append(stream)
    }
    return streams
  }

  mutating func text() -> String? {
    guard let length = number(), length <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(length)) }
    return String(decoding: rest.prefix(Int(length)), as: UTF8.self)
  }
}
