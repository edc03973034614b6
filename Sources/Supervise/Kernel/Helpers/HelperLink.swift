internal import Linux
internal import SuperviseCore

/// The channel to a role. A record that the channel does not take waits here.
struct HelperLink {
  private struct Letter {
    var record: [UInt8]
    var passing: Int32?
    /// The descriptor was for the role alone.
    var closes: Bool
  }

  private(set) var channel: Int32?
  private(set) var pid: Int32?
  /// Why the first record that waits can never be sent.
  private var refusal: Errno?
  /// The role is being replaced.
  private var isCondemned = false
  private var outbox: [Letter] = []
  private var delay = RetryDelay()

  var isRunning: Bool { pid != nil }
  /// Records that the channel has not taken yet.
  var waitingCount: Int { outbox.count }
  /// Records wait until the channel can take more, which epoll(7) reports.
  var waitsForRoom: Bool { !outbox.isEmpty && delay.dueAt == nil }
  /// Records wait until then: the kernel had no memory for them, which nothing reports.
  var retryAt: Instant? { delay.dueAt }
  private static let maxLetters = 4096

  mutating func attach(channel: Int32, pid: Int32) {
    self.channel = channel
    self.pid = pid
  }

  mutating func detach() {
    if let channel { closeDescriptor(channel) }
    channel = nil
    pid = nil
    refusal = nil
    isCondemned = false
    delay.succeeded()
    for letter in outbox { dispose(letter) }
    outbox = []
  }

  mutating func send(
    _ record: [UInt8], passing descriptor: Int32?, closing: Bool, at now: Instant
  ) {
    outbox.append(Letter(record: record, passing: descriptor, closes: closing))
    if delay.dueAt == nil { flush(at: now) }
    keepDescriptor()
  }

  /// While the last letter waits here its descriptor may be closed, and its number be another's.
  private mutating func keepDescriptor() {
    guard let last = outbox.last, let descriptor = last.passing, !last.closes else { return }
    do throws(Errno) {
      outbox[outbox.count - 1].passing = try duplicateDescriptor(descriptor)
      outbox[outbox.count - 1].closes = true
    } catch {
      // Sent without its descriptor the record would mean nothing, and nobody would know.
      outbox.removeLast()
      refusal = error
    }
  }

  /// Sends what the channel takes now. The rest waits for room, or for a while.
  mutating func flush(at now: Instant) {
    guard let channel, refusal == nil else { return }
    var sent = 0
    for letter in outbox {
      do throws(Errno) { try sendMessage(channel, letter.record, passing: letter.passing) } catch {
        // The role has ended, and SIGCHLD reports the rest: nobody will ever read the record.
        guard error.isLossOfPeer else {
          failed(error, at: now)
          break
        }
      }
      dispose(letter)
      sent += 1
    }
    if sent == outbox.count { delay.succeeded() }
    outbox.removeFirst(sent)
  }

  private mutating func failed(_ error: Errno, at now: Instant) {
    if error == .wouldBlock {
      delay.succeeded()
    } else if error.isTransient {
      delay.failed(at: now)
    } else {
      refusal = error
    }
  }

  /// Why the role must be replaced: a record can never be sent, or the role has not read for long.
  /// Its successor is told everything again, so nothing is lost. nil: it stays, or its end is due
  /// already.
  mutating func condemn() -> String? {
    guard !isCondemned, refusal != nil || outbox.count > HelperLink.maxLetters else { return nil }
    isCondemned = true
    return refusal.map { "cannot be sent a record: \($0.message)" } ?? "does not read its channel"
  }

  private func dispose(_ letter: Letter) {
    if letter.closes, let descriptor = letter.passing { closeDescriptor(descriptor) }
  }

  /// One record, or nil where there is no channel; throws EAGAIN when there is none, EPIPE when the
  /// other end is gone.
  func receive(_ buffer: inout [UInt8]) throws(Errno) -> ArraySlice<UInt8>? {
    guard let channel else { return nil }
    let count = try receiveRecord(channel, into: &buffer)
    guard count > 0 else { throw .brokenPipe }
    return buffer[..<count]
  }
}
