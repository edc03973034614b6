/// What decides which connections are closed when a listener has more than its limit.
struct AdmissionRank {
  /// In the order in which connections of a peer are closed.
  enum Usefulness: Comparable {
    /// Its answer has been sent.
    case lingering
    /// No whole head of a request has been read.
    case silent
    /// Between two requests, in the middle of a further one, or following a log.
    case idle, sending, following
    /// The check of the client's login is delayed.
    case delayed
    /// A request is being answered.
    case working
    /// One of the newest silent connections of the peer.
    case new
  }

  let peer: Peer.Key
  fileprivate(set) var usefulness: Usefulness
  /// Of two equally useful ones the one with the lower number is closed first.
  let order: UInt64

  fileprivate func precedes(_ other: AdmissionRank) -> Bool {
    (usefulness, order) < (other.usefulness, other.order)
  }
}

/// The silent connections of a peer that count as new, at most; never more than half of the peer's
/// connections. If none counted as new, clients that occupy all connections of an address would
/// prevent every further request from this address. If all did, silent connections would replace
/// connections whose requests are being answered.
private let maxNewOfPeer = Gateway.mostAccepts

/// The indices of the `count` connections to close; all, if there are fewer. One after another,
/// each is the least useful one of the peer that then has the most: thus a peer that opens many
/// connections takes them only from itself.
func victims(_ count: Int, of ranks: [AdmissionRank]) -> [Int] {
  var ranks = ranks
  // The least useful ones of each peer are at the end, and leave first.
  var peers = Dictionary(grouping: ranks.indices) { ranks[$0].peer }.values.map { indices in
    let silent = indices.filter { ranks[$0].usefulness == .silent }
    let maxNew = max(1, min(maxNewOfPeer, indices.count / 2))
    for new in silent.sorted(by: { ranks[$0].order > ranks[$1].order }).prefix(maxNew) {
      ranks[new].usefulness = .new
    }
    return indices.sorted { ranks[$1].precedes(ranks[$0]) }
  }
  func isSmaller(_ one: [Int], _ other: [Int]) -> Bool {
    guard one.count == other.count, let last = one.last, let otherLast = other.last else {
      return one.count < other.count
    }
    return ranks[otherLast].precedes(ranks[last])
  }
  var victims: [Int] = []
  for _ in 0..<min(count, ranks.count) {
    guard let largest = peers.indices.max(by: { isSmaller(peers[$0], peers[$1]) }),
      let victim = peers[largest].popLast()
    else { break }
    victims.append(victim)
  }
  return victims
}
