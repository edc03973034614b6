/// How often the messages of a socket may be received: a token bucket. While it is empty, messages
/// wait in the socket, and in the end their senders wait.
struct Allowance {
  private let capacity: Int
  /// The time until the next token comes, in nanoseconds.
  private let refill: UInt64

  private var tokens: Int
  private var countedAt: UInt64

  /// For messages that wake PID 1: four a second for good. Times are those of the monotonic clock,
  /// in nanoseconds.
  init(at now: UInt64) { self.init(20, refill: 250_000_000, at: now) }

  /// For messages of others, which are refused and never reach PID 1. Any user may send them to an
  /// abstract socket: they must not take the tokens of the program.
  static func ofOthers(at now: UInt64) -> Allowance { Allowance(100, refill: 10_000_000, at: now) }

  private init(_ capacity: Int, refill: UInt64, at now: UInt64) {
    self.capacity = capacity
    self.refill = refill
    tokens = capacity
    countedAt = now
  }

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
    return tokens > 0 ? nil : countedAt + refill
  }

  private mutating func count(at now: UInt64) {
    guard tokens < capacity else {
      countedAt = now
      return
    }
    let added = now > countedAt ? (now - countedAt) / refill : 0
    guard added > 0 else { return }
    countedAt += added * refill
    tokens = min(capacity, tokens + Int(clamping: added))
  }
}
