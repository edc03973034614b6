/// Divides the connections of the gateway between its listeners, so that clients of one listener
/// can never take the connections that clients of another one need.
enum ConnectionShares {
  /// Connections of all listeners together. Each takes a descriptor, and may take two more.
  static let total = 1024
  /// Connections that are kept free for each listener, if there are few listeners.
  private static let largestReserve = 128

  static func reserve(ofEach listeners: Int) -> Int {
    min(largestReserve, total / (2 * max(1, listeners)))
  }

  /// The connections that one listener may have while the others have `others`: everything that is
  /// left after the connections of the others, and after what is reserved for them.
  static func limit(whileOthersHave others: [Int]) -> Int {
    let reserve = reserve(ofEach: others.count + 1)
    return max(reserve, others.reduce(total) { $0 - max($1, reserve) })
  }
}
