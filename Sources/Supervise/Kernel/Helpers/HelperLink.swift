internal import Linux

/// The channel to a helper of ours: what has to be said waits here while it is full, or while there
/// is nobody at the other end.
struct HelperLink {
  private struct Letter {
    var record: [UInt8]
    var passing: Int32?
    /// The descriptor was for the helper alone.
    var closes: Bool
  }

  private(set) var channel: Int32?
  private(set) var pid: Int32?
  private var outbox: [Letter] = []

  var isRunning: Bool { pid != nil }
  var hasBacklog: Bool { !outbox.isEmpty }
  /// Whoever has not listened for so long is started again, and told everything anew.
  var isOverfull: Bool { outbox.count > HelperLink.mostLetters }
  private static let mostLetters = 4096

  mutating func attach(channel: Int32, pid: Int32) {
    self.channel = channel
    self.pid = pid
  }

  mutating func detach() {
    if let channel { closeDescriptor(channel) }
    channel = nil
    pid = nil
    for letter in outbox { dispose(letter) }
    outbox = []
  }

  mutating func send(_ record: [UInt8], passing descriptor: Int32? = nil, closing: Bool = false) {
    outbox.append(Letter(record: record, passing: descriptor, closes: closing))
    flush()
    keepDescriptor()
  }

  /// While the last letter waits here its descriptor may be closed, and its number be another's.
  private mutating func keepDescriptor() {
    guard let last = outbox.last, let descriptor = last.passing, !last.closes else { return }
    outbox[outbox.count - 1].passing = try? duplicateDescriptor(descriptor)
    outbox[outbox.count - 1].closes = true
  }

  /// What the channel takes now; the rest when it is writable again.
  mutating func flush() {
    guard let channel else { return }
    var sent = 0
    for letter in outbox {
      do { try sendMessage(channel, letter.record, passing: letter.passing) } catch {
        // What can never be sent must not hold up the rest, nor wake the loop for ever.
        if error == .wouldBlock || error == .noMemory { break }
      }
      dispose(letter)
      sent += 1
    }
    outbox.removeFirst(sent)
  }

  private func dispose(_ letter: Letter) {
    if letter.closes, let descriptor = letter.passing { closeDescriptor(descriptor) }
  }

  /// One record and what came with it, or nil where there is no channel; throws EAGAIN when there
  /// is none, EPIPE when the other end is gone.
  func receive(
    _ buffer: inout [UInt8]
  ) throws(Errno) -> (record: ArraySlice<UInt8>, passed: Int32?)? {
    guard let channel else { return nil }
    let (count, passed) = try receiveMessage(channel, into: &buffer)
    guard count > 0 else {
      if let passed { closeDescriptor(passed) }
      throw .brokenPipe
    }
    return (buffer[..<count], passed)
  }
}
