/// How often a program may wake PID 1: a token bucket. While it is empty, messages wait in the
/// program's own socket, and in the end the program itself waits.
struct Allowance {
  private static let capacity = 20
  /// In nanoseconds: four messages a second for good.
  private static let refill: UInt64 = 250_000_000

  private var tokens = Allowance.capacity
  private var countedAt: UInt64

  /// Times are those of the monotonic clock, in nanoseconds.
  init(at now: UInt64) { countedAt = now }

  /// False while there is no token.
  mutating func take(at now: UInt64) -> Bool {
    count(at: now)
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }

  /// When the next token comes; nil: there is one.
  mutating func nextToken(at now: UInt64) -> UInt64? {
    count(at: now)
    return tokens > 0 ? nil : countedAt + Allowance.refill
  }

  private mutating func count(at now: UInt64) {
    guard tokens < Allowance.capacity else {
      countedAt = now
      return
    }
    let added = now > countedAt ? (now - countedAt) / Allowance.refill : 0
    guard added > 0 else { return }
    countedAt += added * Allowance.refill
    tokens = min(Allowance.capacity, tokens + Int(clamping: added))
  }
}
