internal import CLinux
internal import Glibc

package enum Transport: Sendable {
  case stream, datagram

  fileprivate var kind: Int32 {
    switch self {
    case .stream: CLINUX_STREAM
    case .datagram: CLINUX_DATAGRAM
    }
  }
}

/// Begins to connect, without waiting; `connectionResult` says how it went once it is writable.
package func beginConnection(
  _ address: NetworkAddress, port: UInt16, _ transport: Transport = .stream
) throws(Errno) -> Int32 {
  let bytes = address.bytes
  return try checked(
    unsafe clinux_connect_begin(
      bytes, Int32(bytes.count), address.scope, port, transport.kind))
}

/// The same to a unix(7) stream socket; throws EAGAIN where its queue is full.
package func beginLocalConnection(_ path: String) throws(Errno) -> Int32 {
  try checked(unsafe clinux_local_connect_begin(path))
}

/// Throws what ended the attempt.
package func connectionResult(_ raw: Int32) throws(Errno) {
  _ = try checked(clinux_connect_result(raw))
}

/// send(2) of `range`; may send less. Throws EPIPE, without a signal, when the other side has gone.
package func sendBytes(
  _ raw: Int32, _ buffer: [UInt8], _ range: Range<Int>
) throws(Errno) -> Int {
  let sent = unsafe buffer.withUnsafeBytes { bytes in
    unsafe clinux_send(
      raw, bytes.baseAddress.map { unsafe $0 + range.lowerBound }, Int32(range.count))
  }
  return Int(try checked(sent))
}

/// shutdown(2) of our side: the other reads what was sent, then the end.
package func endSending(_ raw: Int32) { _ = shutdown(raw, Int32(SHUT_WR)) }
