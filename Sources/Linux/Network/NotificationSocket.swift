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
  /// Descriptors have come with the message, which is still in the queue: see `receiveElsewhere`.
  package var hasDescriptors: Bool

  fileprivate init(_ length: Int32, _ found: clinux_datagram) {
    self.length = Int(length)
    pid = found.pid
    user = found.user
    isTruncated = found.is_truncated != 0
    hasDescriptors = found.has_descriptors != 0
  }
}

/// A datagram socket with a name in the abstract namespace of unix(7). Every user may write to it.
/// `name` begins with `@`. Throws what socket(2) and bind(2) refuse.
package func bindAbstractNotificationSocket(_ name: String) throws(Errno) -> Int32 {
  let socket = Descriptor(adopting: try checked(clinux_notify_socket()))
  _ = try checked(unsafe clinux_bind_abstract(socket.raw, String(name.dropFirst())))
  return socket.release()
}

/// The next datagram; throws EAGAIN for none. Takes it from the queue unless it has descriptors.
package func receiveDatagram(
  _ raw: Int32, into buffer: inout [UInt8]
) throws(Errno) -> Datagram {
  var found = clinux_datagram()
  let room = Int32(buffer.count)
  let length = try checked(unsafe clinux_receive_plain(raw, &buffer, room, 1, &found))
  return Datagram(length, found)
}

/// A child receives the message at the head of the queue, and closes the descriptors that have come
/// with it by its exit. The exit may take any time (FUSE); the child then holds nothing but these
/// descriptors. Returns the child's pid; throws what fork(2) refuses.
package func receiveElsewhere(_ raw: Int32) throws(Errno) -> Int32 {
  try checked(clinux_receive_elsewhere(raw))
}

/// A child receives all messages of sockets that accept no further ones, and ends in the same way.
/// Once a queue is empty the socket has hung up (`hasHungUp`).
package func emptyElsewhere(_ sockets: [Int32]) throws(Errno) -> Int32 {
  try checked(unsafe clinux_empty_elsewhere(sockets.sorted(), Int32(sockets.count)))
}

/// POLLHUP of poll(2).
package func hasHungUp(_ raw: Int32) -> Bool {
  (try? waitFor(raw, [], milliseconds: 0)) == true
}

/// No further message is accepted; those that are queued can still be received.
package func shutDownReading(_ raw: Int32) throws(Errno) {
  _ = try checked(clinux_shutdown_reading(raw))
}
