internal import Linux
internal import Probe
internal import ProgramSpec
internal import SuperviseCore

/// A key of a Redis that is ours for a while: set to a number that nobody else knows, renewed while
/// we need it, and taken away only by whoever knows that number. Should we be killed, it ends by
/// itself.
///
/// Source: Redis documentation, the command SET, "Patterns", and "Distributed locks".
struct Lease {
  enum Attempt: Equatable {
    case held
    case busy
    /// Perhaps a moment later.
    case unreachable(String)
    case refused(String)
  }

  enum Renewal: Equatable {
    case held
    /// It was gone, and nobody had it.
    case takenAgain
    case lost
    case unreachable(String)
  }

  let lock: RedisLock
  private let client: RedisPeer
  private let token: String
  /// A request of ours has been sent and not answered: the key may be ours.
  private(set) var isUncertain = false
  /// On the monotonic clock, and never later than on the server's.
  private(set) var end: UInt64 = 0
  private(set) var renewAt: UInt64 = 0

  init(_ lock: RedisLock, _ rights: ReducedRights) {
    self.lock = lock
    client = RedisPeer(lock, rights)
    token = "\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))"
  }

  mutating func take() -> Attempt {
    let start = monotonicNanoseconds()
    switch ask(["SET", lock.key, token, "NX", "PX", milliseconds]) {
    case .status:
      extend(from: start)
      return refusalToRenew().map { .refused($0) } ?? .held
    case .nothing: return isUncertain ? takeUncertain() : .busy
    case .number: return .refused("answered a number to SET")
    case .refused(let words): return Lease.isPassing(words) ? .unreachable(words) : .refused(words)
    case .unreachable(let words):
      isUncertain = true
      return .unreachable(words)
    }
  }

  /// Better known now than in the middle of a migration: an access control list may let us set the
  /// key and not renew it.
  private func refusalToRenew() -> String? {
    let answer = ask(["EVAL", Lease.renewal, "1", lock.key, token, milliseconds])
    guard case .refused(let words) = answer, !Lease.isPassing(words) else { return nil }
    _ = ask(["DEL", lock.key])
    return words
  }

  /// The answer to an earlier request was lost, so the key that is in the way may be our own.
  private mutating func takeUncertain() -> Attempt {
    switch renew() {
    case .held, .takenAgain: return .held
    case .lost:
      isUncertain = false
      return .busy
    case .unreachable(let words): return .unreachable(words)
    }
  }

  mutating func renew() -> Renewal {
    let start = monotonicNanoseconds()
    renewAt = start + min(length / 10, 1_000_000_000)
    switch ask(["EVAL", Lease.renewal, "1", lock.key, token, milliseconds]) {
    case .number(0): return .lost
    case .number(let how):
      extend(from: start)
      return how == 1 ? .held : .takenAgain
    case .status, .nothing: return .unreachable("answered no number to EVAL")
    case .refused(let words), .unreachable(let words): return .unreachable(words)
    }
  }

  /// False where nobody can be told; then it ends by itself.
  func release() -> Bool {
    switch ask(["EVAL", Lease.release, "1", lock.key, token]) {
    case .number: true
    case .status, .nothing, .refused, .unreachable: false
    }
  }

  /// 1: it is ours still; 2: nobody had it, and it is ours again; 0: it is somebody else's.
  private static let renewal = """
    local holder = redis.call('GET', KEYS[1]) \
    if holder == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end \
    if holder then return 0 end \
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 2
    """

  private static let release = """
    if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0
    """

  private var length: UInt64 { UInt64(clamping: lock.lease.wholeNanoseconds) }
  private var milliseconds: String { "\(length / 1_000_000)" }

  /// A third of the lease at most, so that there is time for a second attempt and a third.
  private func ask(_ words: [String]) -> RedisClient.Answer {
    client.ask(words, within: min(lock.lease / 3, .seconds(3)))
  }

  private mutating func extend(from start: UInt64) {
    isUncertain = false
    end = start + length
    renewAt = start + length / 3
  }

  /// Of a server that starts, fails over, or has too much to do.
  private static func isPassing(_ words: String) -> Bool {
    let passing = [
      "LOADING", "BUSY", "MASTERDOWN", "READONLY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS",
      "MISCONF", "OOM", "ERR max number of clients reached",
    ]
    return passing.contains { words.hasPrefix($0) }
  }
}
