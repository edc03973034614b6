internal import Linux

/// The machine's syslog daemon: datagrams to /dev/log, as of the C library's syslog(3), which
/// would wait for a daemon that is stuck. Here its lines are lost instead.
struct SyslogSocket {
  let path: String
  private var descriptor: Int32?
  /// What went wrong last: said once, until something goes well.
  private var complaint: Errno?
  private var dropped: UInt64 = 0

  init(path: String = "/dev/log") { self.path = path }

  /// Returns an error the first time there is one.
  mutating func send(_ messages: [[UInt8]]) -> Errno? {
    var failure: Errno?
    for message in messages {
      do throws(Errno) { try send(message) } catch {
        failure = error
        dropped &+= UInt64(message.count)
      }
    }
    defer { complaint = messages.isEmpty ? complaint : failure }
    return complaint == nil ? failure : nil
  }

  /// Bytes of messages that were lost, since this was last asked.
  mutating func takeDropped() -> UInt64 {
    defer { dropped = 0 }
    return dropped
  }

  /// A daemon that was started again listens on a socket of the same name, but not on the one that
  /// we are connected to.
  private mutating func send(_ message: [UInt8]) throws(Errno) {
    if let descriptor {
      do throws(Errno) {
        _ = try sendBytes(descriptor, message, 0..<message.count)
        return
      } catch {
        guard error != .wouldBlock else { throw error }
        close()
      }
    }
    let connected = try connectDatagrams(path)
    descriptor = connected
    _ = try sendBytes(connected, message, 0..<message.count)
  }

  private mutating func close() {
    if let descriptor { closeDescriptor(descriptor) }
    descriptor = nil
  }
}
