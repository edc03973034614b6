/// Divides what the gateway has a limited number of between its listeners, so that clients of one
/// listener can never take what clients of another one need.
struct ListenerShares {
  /// Each connection takes a descriptor, and may take two more.
  static let connections = ListenerShares(total: 1024, largestReserve: 128)
  /// Clients that read the journal as it is written. Each takes one of the places for questions to
  /// PID 1.
  static let streams = ListenerShares(total: 16, largestReserve: 4)

  /// What all listeners have together.
  let total: Int
  /// What is kept free for each listener, if there are few listeners.
  let largestReserve: Int

  /// At least one, so that more than `total` listeners may together have more than `total`.
  func reserve(ofEach listeners: Int) -> Int {
    max(1, min(largestReserve, total / (2 * max(1, listeners))))
  }

  /// What one listener may have while the others have `others`: everything that is left after what
  /// the others have, and after what is reserved for them.
  func limit(whileOthersHave others: [Int]) -> Int {
    let reserve = reserve(ofEach: others.count + 1)
    return max(reserve, others.reduce(total) { $0 - max($1, reserve) })
  }
}
