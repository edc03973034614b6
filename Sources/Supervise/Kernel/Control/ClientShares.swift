internal import SuperviseCore

/// Divides PID 1's clients between root, other users and the gateway, so that none of them can lock
/// out another one.
enum ClientShares {
  /// Who a client belongs to.
  enum Owner: CaseIterable {
    case root
    /// The user that the supervisor itself runs as, where that is not root.
    case user
    case gateway

    init(_ origin: ClientOrigin) {
      switch origin.peer {
      case .control(let user): self = user == 0 ? .root : .user
      case .unix, .address: self = .gateway
      }
    }

    /// Clients that are kept free for this owner.
    fileprivate var reserve: Int {
      switch self {
      case .root: 32
      case .user: 24
      case .gateway: 128
      }
    }
  }

  enum Admission: Equatable {
    case admit
    /// The client at this index has to make room.
    case replace(Int)
    case refuse
  }

  /// All clients of PID 1. Each takes a descriptor.
  static let total = 256

  /// `clients` are in the order in which they came.
  static func admission(of origin: ClientOrigin, among clients: [ControlClient]) -> Admission {
    let owner = Owner(origin)
    let counts = clients.reduce(into: [Owner: Int]()) { $0[Owner($1.origin), default: 0] += 1 }
    let others = Owner.allCases.filter { $0 != owner }
    let limit = others.reduce(total) { $0 - max(counts[$1] ?? 0, $1.reserve) }
    guard counts[owner] ?? 0 >= limit else { return .admit }
    // A client that has sent no whole request costs nobody an answer.
    let own = clients.indices.filter { Owner(clients[$0].origin) == owner }
    guard let index = own.first(where: { !clients[$0].hasAsked }) else { return .refuse }
    return .replace(index)
  }
}
