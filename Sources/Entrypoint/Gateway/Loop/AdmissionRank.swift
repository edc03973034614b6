/// What decides which connections are closed when a listener has more than its limit.
struct AdmissionRank {
  /// The least useful connection of a peer is closed first.
  enum Usefulness: Comparable {
    /// Its answer has been sent.
    case lingering
    /// No whole head of a request has come.
    case silent
    case idle, sending, following
    /// The client waits for the check of its login.
    case delayed
    case working
    /// One of the last silent ones to have come, for which there was hardly time to ask.
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

/// Silent connections of a peer that count as new. Those who occupy all connections, whatever they
/// do with them, would otherwise keep every new client from asking; and if there were more, a flood
/// of silent connections would take the places of those that are being served. As many as one call
/// of `accept` takes.
private let mostNewOfPeer = Gateway.mostAccepts

/// The indices of the `count` connections to close; all, if there are fewer. One after another,
/// each is the least useful one of the peer that then has the most: thus a peer that opens many
/// connections takes them only from itself.
func victims(_ count: Int, of ranks: [AdmissionRank]) -> [Int] {
  var ranks = ranks
  // The least useful ones of each peer are at the end, and leave first.
  var peers = Dictionary(grouping: ranks.indices) { ranks[$0].peer }.values.map { indices in
    let silent = indices.filter { ranks[$0].usefulness == .silent }
    for new in silent.sorted(by: { ranks[$0].order > ranks[$1].order }).prefix(mostNewOfPeer) {
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
