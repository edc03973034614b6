/// What decides which connections are closed when a listener has more than its limit.
struct AdmissionRank {
  let peer: Peer.Key
  /// The connection of a peer with the lowest number is closed first.
  let usefulness: Int
  /// Of two equally useful ones the one with the lower number is closed first.
  let order: UInt64

  fileprivate func precedes(_ other: AdmissionRank) -> Bool {
    (usefulness, order) < (other.usefulness, other.order)
  }
}

/// The indices of the `count` connections to close; all, if there are fewer. One after another,
/// each is the least useful one of the peer that then has the most: thus a peer that opens many
/// connections takes them only from itself.
func victims(_ count: Int, of ranks: [AdmissionRank]) -> [Int] {
  // The least useful ones of each peer are at the end, and leave first.
  var peers = Dictionary(grouping: ranks.indices) { ranks[$0].peer }.values.map { indices in
    indices.sorted { ranks[$1].precedes(ranks[$0]) }
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
