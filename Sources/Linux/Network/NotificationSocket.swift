internal import CLinux

/// A datagram that has arrived at a socket for sd_notify(3).
package struct Datagram: Sendable {
  package var length: Int
  /// The sender, as the kernel vouches: unix(7), SCM_CREDENTIALS. The pid is 0 for a sender outside
  /// our PID namespace, and may belong to nobody, or to another process, by the time it is looked
  /// at.
  package var pid: Int32
  package var user: UInt32
  /// The message was longer than the buffer.
  package var isTruncated: Bool
  /// Descriptors that came with the message. Closing them may wait: see `closeElsewhere`.
  package var passed: [Int32]
}

/// A datagram socket with a name in the abstract namespace of unix(7). Every user may write to it.
/// `name` begins with `@`. Throws what socket(2) and bind(2) refuse.
package func bindAbstractNotificationSocket(_ name: String) throws(Errno) -> Int32 {
  let socket = Descriptor(adopting: try checked(clinux_notify_socket()))
  _ = try checked(unsafe clinux_bind_abstract(socket.raw, String(name.dropFirst())))
  return socket.release()
}

/// The next datagram; throws EAGAIN for none. For a role alone: see `Datagram.passed`.
package func receiveDatagram(
  _ raw: Int32, into buffer: inout [UInt8]
) throws(Errno) -> Datagram {
  var found = clinux_datagram()
  let room = Int32(buffer.count)
  let length = try checked(unsafe clinux_notify_receive(raw, &buffer, room, &found))
  let passed = unsafe withUnsafeBytes(of: &found.passed) { bytes in
    unsafe Array(bytes.bindMemory(to: Int32.self).prefix(Int(found.passed_count)))
  }
  return Datagram(
    length: Int(length), pid: found.pid, user: found.user, isTruncated: found.is_truncated != 0,
    passed: passed)
}

/// No further message is accepted; those that are queued can still be received.
package func shutDownReading(_ raw: Int32) throws(Errno) {
  _ = try checked(clinux_shutdown_reading(raw))
}
