internal import GatewayProtocol
internal import Linux

/// The client at the other end of a connection, as the kernel knows it.
struct Peer {
  /// The clients that count as one when connections and failed logins are limited: a uid, an IPv4
  /// address, or the /64 network of an IPv6 address, all of which one host usually has. Each host
  /// has all of 127.0.0.0/8.
  struct Key: Hashable {
    fileprivate enum Kind: Hashable { case user, four, six }

    fileprivate var kind: Kind
    fileprivate var number: UInt64
  }

  let key: Key
  /// For PID 1.
  let origin: GatewayOrigin.Peer

  init(user: UInt32) {
    key = Key(kind: .user, number: UInt64(user))
    origin = .user(user)
  }

  init(_ address: NetworkAddress) {
    let isFour = address.bytes.count == 4
    let length = isFour && address.bytes[0] == 127 ? 1 : 8
    let number = address.bytes.prefix(length).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    key = Key(kind: isFour ? .four : .six, number: number)
    origin = .address("\(address)")
  }
}
