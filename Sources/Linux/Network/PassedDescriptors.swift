internal import CLinux

/// From now on the kernel refuses descriptors at this unix(7) listener or connection. Linux 6.16 is
/// the first that does so.
///
/// On an older kernel the last close of a descriptor that an untrusted process has passed may take
/// any time (SO_LINGER, FUSE), also where the kernel makes it: in a read(2) that does not ask for
/// descriptors, and in the close(2) of a connection at which they wait. So the caller reads the
/// connection by `receiveDatagram` and closes it by `closeUnlessWaiting`.
package func refuseDescriptors(_ raw: Int32) { clinux_refuse_descriptors(raw) }

/// Closes a connection at which no descriptors wait. Otherwise returns all that is to be closed by
/// `closeElsewhere`: the connection, and descriptors that have arrived at it.
package func closeUnlessWaiting(_ raw: Int32) -> [Int32] {
  let maxMessages = 8
  guard (try? shutDownReading(raw)) != nil else { return [raw] }
  var buffer = [UInt8](repeating: 0, count: 4096)
  for _ in 0..<maxMessages {
    guard let received = try? receiveDatagram(raw, into: &buffer) else { return [raw] }
    guard received.passed.isEmpty else { return received.passed + [raw] }
    if received.length == 0 {
      closeDescriptor(raw)
      return []
    }
  }
  return [raw]
}
