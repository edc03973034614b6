internal import CLinux
internal import Glibc

/// A listening TCP socket, non-blocking unless it is for a program.
package func listen(
  _ address: NetworkAddress, port: UInt16, backlog: Int32 = 1024, blocking: Bool = false
) throws(Errno) -> Int32 {
  let bytes = address.bytes
  return try checked(
    unsafe clinux_tcp_listen(
      bytes, Int32(bytes.count), address.scope, port, backlog, blocking ? 1 : 0))
}

/// Whether connections can be accepted at this socket, which other processes share.
package func isListening(_ raw: Int32) -> Bool { clinux_is_listening(raw) != 0 }

/// Refuses connections at a unix socket from now on; false for any other socket, which only a child
/// may stop (`closeElsewhere`).
package func stopListeningLocally(_ raw: Int32) -> Bool {
  clinux_stop_local_listening(raw) != 0
}

/// One that is waiting to be accepted, non-blocking, with who it is; throws EAGAIN for none.
package func acceptLocally(_ raw: Int32) throws(Errno) -> (client: Int32, user: UInt32) {
  var user: Int32 = 0
  var pid: Int32 = 0
  let client = try checked(unsafe clinux_accept(raw, &user, &pid))
  return (client, UInt32(bitPattern: user))
}

package func connectLocally(_ path: String) throws(Errno) -> Int32 {
  try checked(unsafe clinux_unix_connect(path))
}

/// Connected to a datagram socket, non-blocking: for syslog(3).
package func connectDatagrams(_ path: String) throws(Errno) -> Int32 {
  try checked(unsafe clinux_datagram_connect(path))
}

/// Two ends of a channel that keeps its records apart: SOCK_SEQPACKET.
package func makeMessageChannel() throws(Errno) -> (ours: Int32, theirs: Int32) {
  var ends: [Int32] = [-1, -1]
  _ = try checked(unsafe clinux_message_pair(&ends))
  return (ends[0], ends[1])
}

/// Two ends of a stream, both non-blocking.
package func makeStreamPair() throws(Errno) -> (ours: Int32, theirs: Int32) {
  var ends: [Int32] = [-1, -1]
  _ = try checked(unsafe clinux_stream_pair(&ends))
  return (ends[0], ends[1])
}

/// A record, and at most one descriptor with it. Throws EAGAIN when the channel is full.
package func sendMessage(_ raw: Int32, _ bytes: [UInt8], passing: Int32? = nil) throws(Errno) {
  _ = try checked(unsafe clinux_message_send(raw, bytes, Int32(bytes.count), passing ?? -1))
}

/// The same, however long it takes. Throws why the record can never be sent: the other end is
/// closed, or the record is too long (EMSGSIZE). For roles, never for PID 1.
package func sendMessageWaiting(_ raw: Int32, _ bytes: [UInt8]) throws(Errno) {
  while true {
    do throws(Errno) { return try sendMessage(raw, bytes) } catch {
      guard error.isTransient else { throw error }
      guard error == .wouldBlock else {
        pauseFor(milliseconds: 10)
        continue
      }
      _ = try? waitFor(raw, .writable, milliseconds: nil)
    }
  }
}

/// The length of one record, zero when the other end is gone. The kernel closes a descriptor that
/// came with it.
package func receiveRecord(_ raw: Int32, into buffer: inout [UInt8]) throws(Errno) -> Int {
  let room = Int32(buffer.count)
  return Int(try checked(unsafe clinux_message_receive(raw, &buffer, room, nil)))
}

/// The length of one record, zero when the other end is gone, and the descriptor that came with it.
/// On a stream: what there is, up to the next descriptor.
package func receiveMessage(
  _ raw: Int32, into buffer: inout [UInt8]
) throws(Errno) -> (count: Int, passed: Int32?) {
  var passed: Int32 = -1
  let room = Int32(buffer.count)
  let count = try checked(unsafe clinux_message_receive(raw, &buffer, room, &passed))
  return (Int(count), passed >= 0 ? passed : nil)
}
