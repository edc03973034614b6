/// Slows down guesses of passwords: after a failed login, further logins of the same peer are not
/// checked for a time that grows with each failure.
///
/// The check itself is delayed, not only the answer: otherwise a peer could send many guesses on
/// many connections at the same time, and learn from the first answer which one is right. Times are
/// of the monotonic clock, in nanoseconds.
struct LoginLimiter {
  enum Verdict: Equatable {
    case checkNow
    case checkAt(UInt64)
  }

  private struct Penalty {
    /// Grows by `costOfFailure` with each failure and shrinks with time.
    var debt: UInt64 = 0
    var updatedAt: UInt64
    var blockedUntil: UInt64 = 0
  }

  /// A failure is forgotten after this long.
  private static let costOfFailure: UInt64 = 2_000_000_000
  private static let largestDebt = 10 * costOfFailure
  /// After the first failure. Each further one that is not forgotten doubles it.
  private static let firstDelay: UInt64 = 100_000_000
  static let longestDelay: UInt64 = 4_000_000_000
  /// Peers with a failure that is not forgotten. When there are more, the one whose block ends
  /// first is forgotten.
  private static let mostPeers = 1024

  private var penalties: [Peer.Key: Penalty] = [:]

  func verdict(on peer: Peer.Key, at now: UInt64) -> Verdict {
    guard let penalty = penalties[peer], penalty.blockedUntil > now else { return .checkNow }
    return .checkAt(penalty.blockedUntil)
  }

  /// Returns when the peer may be answered, and its next login be checked.
  mutating func noteFailure(of peer: Peer.Key, at now: UInt64) -> UInt64 {
    forgetOthers(than: peer, at: now)
    var penalty = penalties[peer] ?? Penalty(updatedAt: now)
    penalty.debt -= min(penalty.debt, now - penalty.updatedAt)
    penalty.updatedAt = now
    let cost = LoginLimiter.costOfFailure
    let failures = (penalty.debt + cost - 1) / cost
    let delay = min(LoginLimiter.longestDelay, LoginLimiter.firstDelay << min(failures, 6))
    penalty.debt = min(LoginLimiter.largestDebt, penalty.debt + cost)
    penalty.blockedUntil = now + delay
    penalties[peer] = penalty
    return penalty.blockedUntil
  }

  private mutating func forgetOthers(than peer: Peer.Key, at now: UInt64) {
    guard penalties[peer] == nil, penalties.count >= LoginLimiter.mostPeers else { return }
    penalties = penalties.filter { $0.value.updatedAt + $0.value.debt > now }
    guard penalties.count >= LoginLimiter.mostPeers,
      let first = penalties.min(by: { $0.value.blockedUntil < $1.value.blockedUntil })
    else { return }
    penalties[first.key] = nil
  }
}
