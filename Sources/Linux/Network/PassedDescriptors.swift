internal import CLinux

/// From now on the kernel refuses descriptors at this unix(7) listener or connection. Linux 6.16 is
/// the first that does so.
///
/// On an older kernel the close of a descriptor that an untrusted process has passed may take any
/// time (SO_LINGER, FUSE), also where the kernel makes it: in a read(2) that does not ask for
/// descriptors, and in the close(2) of a connection at which they wait. So the caller reads the
/// connection by `receiveBytes` and closes it by `closeUnlessWaiting`.
package func refuseDescriptors(_ raw: Int32) { clinux_refuse_descriptors(raw) }

/// The next bytes of a stream, 0 at its end; throws EAGAIN for none. nil: descriptors have come
/// with them, and both stay at the connection, which the caller closes by `closeElsewhere`.
package func receiveBytes(
  _ raw: Int32, into buffer: inout [UInt8]
) throws(Errno) -> Int? {
  var found = clinux_datagram()
  let room = Int32(buffer.count)
  let length = try checked(unsafe clinux_receive_plain(raw, &buffer, room, 0, &found))
  return found.has_descriptors == 0 ? Int(length) : nil
}

/// Closes a connection at which no descriptors wait. False: it is still open, and to be closed by
/// `closeElsewhere`.
package func closeUnlessWaiting(_ raw: Int32) -> Bool {
  let maxMessages = 8
  guard (try? shutDownReading(raw)) != nil else { return false }
  var buffer = [UInt8](repeating: 0, count: 4096)
  for _ in 0..<maxMessages {
    guard let length = try? receiveBytes(raw, into: &buffer) else { return false }
    if length == 0 {
      closeDescriptor(raw)
      return true
    }
  }
  return false
}
