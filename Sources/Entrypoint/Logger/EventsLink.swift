internal import EventsProtocol
internal import Linux

/// The channel to the events role. Events that it does not take at once wait here, and beyond a
/// bound they are dropped and counted: what programs write is logged whoever listens.
struct EventsLink {
  /// So many bytes wait at the most, and one event more.
  static let mostBytes = 4 << 20

  private(set) var channel: Int32?
  /// One that has been replaced is told from its successor by this.
  private(set) var generation: UInt32 = 0
  private var waiting: [[[UInt8]]] = []
  /// Records of the first that have been sent.
  private var sentRecords = 0
  private var waitingBytes = 0
  private var lost: UInt64 = 0

  var hasBacklog: Bool { channel != nil && !waiting.isEmpty }

  /// What an older role has not taken the new one gets.
  mutating func attach(_ channel: Int32) {
    detach()
    self.channel = channel
    flush()
  }

  mutating func detach() {
    if let channel { closeDescriptor(channel) }
    channel = nil
    generation &+= 1
    sentRecords = 0
  }

  mutating func send(_ type: EventType, _ payload: [UInt8]) {
    guard waitingBytes < EventsLink.mostBytes else { return lost += 1 }
    let records = EventsMessage.records(type, payload)
    waiting.append(records)
    waitingBytes += EventsLink.size(records)
    flush()
  }

  /// What the channel takes now; the rest when it is writable again.
  mutating func flush() {
    guard let channel else { return }
    var done = 0
    sending: while done < waiting.count {
      let records = waiting[done]
      while sentRecords < records.count {
        do { try sendMessage(channel, records[sentRecords]) } catch { break sending }
        sentRecords += 1
      }
      sentRecords = 0
      done += 1
    }
    forget(done)
  }

  /// How many events were dropped, once there is room again; nil for none. At the end there will be
  /// no room any more.
  mutating func takeLost(isEnd: Bool = false) -> UInt64? {
    guard lost > 0, isEnd || waitingBytes < EventsLink.mostBytes / 2 else { return nil }
    defer { lost = 0 }
    return lost
  }

  private mutating func forget(_ count: Int) {
    guard count > 0 else { return }
    waitingBytes -= waiting[..<count].reduce(0) { $0 + EventsLink.size($1) }
    waiting.removeFirst(count)
  }

  private static func size(_ records: [[UInt8]]) -> Int { records.reduce(0) { $0 + $1.count } }
}
