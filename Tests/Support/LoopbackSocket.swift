import Glibc

/// A socket on 127.0.0.1, on a port that the kernel chose, as the scripted side of a test.
/// Everything waits at most ten seconds, so that a test which goes wrong ends.
package final class LoopbackSocket: Sendable {
  package enum Kind: Sendable { case stream, datagram }

  private let raw: Int32
  package let port: UInt16
  private static let patience: Int32 = 10_000

  package init(_ kind: Kind, port wanted: UInt16 = 0) {
    let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
    raw = socket(AF_INET, Int32(type.rawValue) | 0o2000000, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = wanted.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let raw = raw
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(raw, $0, size) == 0 && getsockname(raw, $0, &size) == 0
      }
    }
    precondition(bound && (kind == .datagram || listen(raw, 8) == 0), "no loopback socket")
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(raw) }

  /// The next client of a stream socket; nil if none came.
  package func accept() -> Peer? {
    guard Peer.isReadable(raw, Self.patience) else { return nil }
    let client = Glibc.accept(raw, nil, nil)
    return client < 0 ? nil : Peer(client)
  }

  /// Answers one datagram with what `answer` makes of it.
  package func answer(_ answer: ([UInt8]) -> [UInt8]?) {
    guard Peer.isReadable(raw, Self.patience) else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    var sender = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &sender) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        let count = recvfrom(raw, &buffer, buffer.count, 0, address, &size)
        guard count >= 0, let reply = answer(Array(buffer[..<count])) else { return }
        _ = sendto(raw, reply, reply.count, 0, address, size)
      }
    }
  }
}

/// One end of a connection.
package final class Peer: Sendable {
  private let raw: Int32

  package init(_ raw: Int32) { self.raw = raw }

  deinit { close(raw) }

  /// False when the other side has gone.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    Glibc.send(raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// What has come by the time something has; empty at the end.
  package func receive() -> [UInt8] {
    guard Self.isReadable(raw, 10_000) else { return [] }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(raw, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : []
  }

  /// One byte after the other, each as long after the last, until the other side has gone.
  package func drip(_ byte: UInt8, every milliseconds: Int32) {
    while !Self.isReadable(raw, milliseconds), send([byte]) {}
  }

  static func isReadable(_ raw: Int32, _ milliseconds: Int32) -> Bool {
    var one = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    return poll(&one, 1, milliseconds) > 0
  }
}
