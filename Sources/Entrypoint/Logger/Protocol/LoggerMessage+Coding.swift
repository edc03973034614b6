/// Records as bytes: a kind, then its fields, numbers little-endian and texts after their length.
/// A record that does not read to its very end is no message, whatever it holds.
extension LoggerMessage {
  /// No record is longer: the names in a description have at most 4 KiB each, and the paths of a
  /// stream and of the main log 16 KiB each.
  package static let longest = 64 << 10

  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .open(let stream, let description):
      bytes.append(1)
      bytes.put(UInt64(stream))
      description.encode(into: &bytes)
    case .began(let beginning):
      bytes.append(2)
      beginning.encode(into: &bytes)
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
    case .clear(let stream, let request):
      bytes.append(7)
      bytes.put(UInt64(stream))
      bytes.put(UInt64(request))
    case .cleared(let request, let error):
      bytes.append(8)
      bytes.put(UInt64(request))
      bytes.put(UInt64(UInt32(bitPattern: error)))
    case .events: bytes.append(9)
    case .eventsLost(let count):
      bytes.append(10)
      bytes.put(count)
    case .notCompressed(let path, let reason):
      bytes.append(11)
      bytes.put(path)
      bytes.put(reason)
    case .count: bytes.append(12)
    case .counted(let counts, let isLast):
      bytes += [13, isLast ? 1 : 0]
      for count in counts.prefix(StreamCount.mostInRecord) { count.encode(into: &bytes) }
    case .ended(let stream):
      bytes.append(14)
      bytes.put(UInt64(stream))
    case .mainLog(let line, let targets):
      bytes.append(40)
      bytes.put(line)
      targets.encode(into: &bytes)
    case .exited(let ending):
      bytes.append(30)
      ending.encode(into: &bytes)
    case .file(let message): message.encode(into: &bytes)
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
      guard let beginning = Beginning(&cursor) else { return nil }
      self = .began(beginning)
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
    default: self.init(laterKind: kind, &cursor)
    }
  }

  private init?(laterKind kind: UInt8, _ cursor: inout RecordCursor) {
    switch kind {
    case 7:
      guard let stream = cursor.small(), let request = cursor.small() else { return nil }
      self = .clear(stream: stream, request: request)
    case 8:
      guard let request = cursor.small(), let error = cursor.small() else { return nil }
      self = .cleared(request: request, error: Int32(bitPattern: error))
    case 9: self = .events
    case 10:
      guard let count = cursor.number() else { return nil }
      self = .eventsLost(count)
    case 11:
      guard let path = cursor.text(), let reason = cursor.text() else { return nil }
      self = .notCompressed(path: path, reason: reason)
    case 12: self = .count
    case 13:
      guard let flag = cursor.byte(), flag <= 1, let counts = [StreamCount](&cursor) else {
        return nil
      }
      self = .counted(counts, isLast: flag == 1)
    case 14:
      guard let stream = cursor.small() else { return nil }
      self = .ended(stream: stream)
    case 30:
      guard let ending = Beginning(&cursor) else { return nil }
      self = .exited(ending)
    case 40:
      guard let line = cursor.text(), let targets = [StreamDescription.Target](&cursor) else {
        return nil
      }
      self = .mainLog(line, targets)
    default:
      guard let message = LogFileMessage(kind: kind, &cursor) else { return nil }
      self = .file(message)
    }
  }
}

extension StreamCount {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(UInt64(stream))
    bytes.put(read)
    bytes.put(dropped)
  }
}

extension [StreamCount] {
  /// To the end of the record.
  fileprivate init?(_ cursor: inout RecordCursor) {
    self = []
    while !cursor.isAtEnd {
      guard count < StreamCount.mostInRecord, let stream = cursor.small(),
        let read = cursor.number(), let dropped = cursor.number()
      else { return nil }
      append(StreamCount(stream: stream, read: read, dropped: dropped))
    }
  }
}

extension StreamDescription {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(label)
    bytes.put(UInt64(instance))
    bytes.append(flags)
    bytes.append(format.rawValue)
    bytes.put(maximumBytes)
    bytes.put(UInt64(backups))
    bytes.put(captureMaximum)
    bytes.put(UInt64(readers ?? .max))
    bytes.put(UInt64(user))
    for text in [readyText, processName, groupName, program] { bytes.put(text) }
    targets.encode(into: &bytes)
    copies.encode(into: &bytes)
  }

  private var flags: UInt8 {
    (isError ? 1 : 0) | (isPrivate ? 2 : 0) | (stripsANSI ? 4 : 0) | (hasEvents ? 8 : 0)
      | (compresses ? 16 : 0) | (rotatesDaily ? 32 : 0)
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let label = cursor.text(), let instance = cursor.small(), let flags = cursor.byte(),
      let format = cursor.byte().flatMap(Format.init), let maximum = cursor.number(),
      let backups = cursor.small(), let capture = cursor.number(), let readers = cursor.small(),
      let user = cursor.small(), let readyText = cursor.text(),
      let process = cursor.text(), let group = cursor.text(), let program = cursor.text(),
      let targets = [Target](&cursor), let copies = [Target](&cursor)
    else { return nil }
    self.init(label: label)
    self.instance = instance
    isError = flags & 1 != 0
    isPrivate = flags & 2 != 0
    stripsANSI = flags & 4 != 0
    hasEvents = flags & 8 != 0
    compresses = flags & 16 != 0
    rotatesDaily = flags & 32 != 0
    self.format = format
    maximumBytes = maximum
    self.backups = backups
    captureMaximum = capture
    self.readers = readers == .max ? nil : readers
    self.user = user
    self.readyText = readyText
    processName = process
    groupName = group
    self.program = program
    self.targets = targets
    self.copies = copies
  }
}

extension [StreamDescription.Target] {
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.put(UInt64(count))
    for target in self { target.encode(into: &bytes) }
  }

  /// After their number.
  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let count = cursor.small() else { return nil }
    self = []
    for _ in 0..<Swift.min(count, 64) {
      guard let target = StreamDescription.Target(&cursor) else { return nil }
      append(target)
    }
  }
}

extension StreamDescription.Target {
  fileprivate func encode(into bytes: inout [UInt8]) {
    switch self {
    case .file(let path):
      bytes.append(0)
      bytes.put(path)
    case .descriptor(let number):
      bytes.append(1)
      bytes.put(UInt64(UInt32(bitPattern: number)))
    case .syslog(let identity):
      bytes.append(2)
      bytes.put(identity)
    }
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    switch cursor.byte() {
    case 0:
      guard let path = cursor.text() else { return nil }
      self = .file(path)
    case 1:
      guard let number = cursor.small() else { return nil }
      self = .descriptor(Int32(bitPattern: number))
    case 2:
      guard let identity = cursor.text() else { return nil }
      self = .syslog(identity: identity)
    default: return nil
    }
  }
}

extension Beginning {
  /// The pid comes last, for the child itself fills it in (see `Launch.Streams.announcement`).
  fileprivate func encode(into bytes: inout [UInt8]) {
    bytes.append(UInt8(truncatingIfNeeded: streams.count))
    for stream in streams {
      bytes.put(UInt64(stream.number))
      bytes.put(UInt64(stream.unread))
    }
    bytes.put(at)
    bytes.put(UInt64(UInt32(bitPattern: pid)))
  }

  fileprivate init?(_ cursor: inout RecordCursor) {
    guard let count = cursor.byte() else { return nil }
    var streams: [Stream] = []
    for _ in 0..<count {
      guard let number = cursor.small(), let unread = cursor.small() else { return nil }
      streams.append(Stream(number: number, unread: unread))
    }
    guard let at = cursor.number(), let pid = cursor.small() else { return nil }
    self.init(streams: streams, at: at, pid: Int32(bitPattern: pid))
  }
}
