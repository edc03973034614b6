internal import Linux
internal import MeterProtocol

/// The meter's one loop: what PID 1 says, and a look at /proc now and then.
struct MeterLoop {
  private let channel: Int32
  private var scale = Scale()
  private var buffer = readBuffer(size: MeterMessage.longest)
  private var nextLook: UInt64 = 0

  init(channel: Int32) { self.channel = channel }

  /// Until PID 1 hangs up.
  mutating func run() {
    while hear() {
      guard !scale.isEmpty else { continue }
      let now = monotonicNanoseconds()
      if now >= nextLook { look(at: now) }
    }
  }

  /// Waits for PID 1's word, or for the next look; false when there is nobody to be here for.
  private mutating func hear() -> Bool {
    do throws(Errno) {
      guard try waitFor(channel, .readable, milliseconds: pause) else { return true }
      while true {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        if let passed { closeDescriptor(passed) }
        guard count > 0 else { return false }
        if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
        if let message = MeterMessage(buffer[..<count]) { scale.take(message) }
      }
    } catch {
      // A record for which the kernel had no memory stays in the channel.
      return error.isTransient
    }
  }

  /// nil: nothing is to be measured, and nothing wakes us.
  private var pause: Int32? {
    guard !scale.isEmpty else { return nil }
    let now = monotonicNanoseconds()
    return now >= nextLook ? 0 : Int32(clamping: (nextLook - now) / 1_000_000 + 1)
  }

  private mutating func look(at now: UInt64) {
    for message in scale.weigh(ProcessUsage.all()) {
      // What PID 1 has no room for is said at the next look.
      do { try sendMessage(channel, message.encoded) } catch { continue }
      scale.wasTold(message)
    }
    nextLook = now + scale.interval
  }
}
