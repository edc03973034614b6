internal import Linux
internal import LoggerProtocol

/// The channel to the logger: what has to be said waits here while it is full, or while there is no
/// logger.
struct LoggerLink {
  private(set) var channel: Int32?
  private(set) var pid: Int32?
  private var outbox: [(message: [UInt8], passing: Int32?)] = []

  var isRunning: Bool { pid != nil }
  var hasBacklog: Bool { !outbox.isEmpty }

  mutating func attach(channel: Int32, pid: Int32) {
    self.channel = channel
    self.pid = pid
  }

  mutating func detach() {
    if let channel { closeDescriptor(channel) }
    channel = nil
    pid = nil
    outbox = []
  }

  mutating func send(_ message: LoggerMessage, passing descriptor: Int32? = nil) {
    outbox.append((message.encoded, descriptor))
    flush()
  }

  /// What the channel takes now; the rest when it is writable again.
  mutating func flush() {
    guard let channel else { return }
    var sent = 0
    for entry in outbox {
      do { try sendMessage(channel, entry.message, passing: entry.passing) } catch { break }
      sent += 1
    }
    outbox.removeFirst(sent)
  }

  /// One message, or nil for none; throws when the other end is gone.
  func receive(_ buffer: inout [UInt8]) throws(Errno) -> LoggerMessage? {
    guard let channel else { return nil }
    let (count, passed) = try receiveMessage(channel, into: &buffer)
    if let passed { closeDescriptor(passed) }
    guard count > 0 else { throw Errno(code: 32) }
    return LoggerMessage(buffer[..<count])
  }
}
