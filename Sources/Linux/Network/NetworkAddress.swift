internal import CLinux

/// An IPv4 or IPv6 address, as a number.
package struct NetworkAddress: Sendable, Equatable {
  /// Four or sixteen, in network order.
  package let bytes: [UInt8]
  /// The interface of a link-local address; zero for any other.
  let scope: UInt32

  /// Reads `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0`; nil for a name.
  package init?(_ text: String) {
    var buffer = [UInt8](repeating: 0, count: 16)
    var scope: UInt32 = 0
    let count = unsafe clinux_address_parse(text, &buffer, &scope)
    guard count > 0 else { return nil }
    bytes = Array(buffer.prefix(Int(count)))
    self.scope = scope
  }

  /// The other end of a TCP connection: getpeername(2). An IPv4 address that is mapped into IPv6
  /// comes as IPv4. Throws ENOTCONN when the other end has left.
  package init(peerOf raw: Int32) throws(Errno) {
    var buffer = [UInt8](repeating: 0, count: 16)
    var scope: UInt32 = 0
    let count = try checked(unsafe clinux_peer_address(raw, &buffer, &scope))
    bytes = Array(buffer.prefix(Int(count)))
    self.scope = scope
  }

  /// nil unless there are four or sixteen bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = Array(bytes)
    scope = 0
  }

  package static let loopback = NetworkAddress(known: [127, 0, 0, 1])
  package static let loopback6 = NetworkAddress(known: Array(repeating: 0, count: 15) + [1])

  private init(known bytes: [UInt8]) {
    self.bytes = bytes
    scope = 0
  }
}

extension NetworkAddress: CustomStringConvertible {
  package var description: String {
    var text = [CChar](repeating: 0, count: 64)
    guard unsafe clinux_address_print(bytes, Int32(bytes.count), scope, &text) == 0 else {
      return "?"
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
