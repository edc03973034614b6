internal import Linux
internal import ProgramSpec

/// `lock=redis://host/key`: takes the lease, runs the command as its child, renews the lease as
/// long as that runs, and gives it back.
///
/// As root's, it keeps the supervisor's user, and starts the command as the hook's: a process that
/// knows the password of Redis is thus never one of the hook's user.
///
/// The command is in our own process group, so whatever ends that group ends it; we end after it.
package enum LeaseRole {
  /// The URL may hold a password and anybody can read a command line, so it comes by this variable.
  package static let variable = "ENTRYPOINT_LOCK"

  /// `milliseconds executable argument0 argument…`; ends with the command's code.
  package static func main(_ arguments: [String]) -> Int32 {
    guard let lock = takeLock(), arguments.count > 2, let limit = UInt64(arguments[0]) else {
      return LeaseExit.unusable
    }
    ThisProcess.setTitle("entrypoint: lease \(lock)")
    do throws(Errno) {
      let signals = try SignalSource()
      let rights = ReducedRights(user: takeUser(), capabilities: [])
      let delegated = try takeDelegatedRights()
      let toleratesShortage = takeTolerance()
      var queue = LeaseQueue(Lease(lock, rights), limit: limit)
      if let code = queue.wait(signals) { return code }
      var recipe = Launch.Recipe(
        path: arguments[1], arguments: Array(arguments[2...]),
        environment: ThisProcess.environment)
      recipe.staysInGroup = true
      recipe.diesWithParent = true
      delegated?.give(to: &recipe)
      var holder = LeaseHolder(queue.lease)
      return try holder.run(Launch(recipe), signals, toleratesShortage: toleratesShortage)
    } catch {
      printErrorLine("lock \(lock): \(error.message)")
      return LeaseExit.refused
    }
  }

  /// nil: the command keeps the rights of this process. Throws EINVAL for damaged text, which must
  /// not give the command the rights of root.
  private static func takeDelegatedRights() throws(Errno) -> DelegatedRights? {
    defer { ThisProcess.removeVariable(DelegatedRights.variable) }
    guard let text = ThisProcess.variable(DelegatedRights.variable) else { return nil }
    guard let rights = DelegatedRights(text) else { throw .notRegular }
    return rights
  }

  /// The uid of the processes that speak to Redis; without it they keep the user of the hook.
  package static let userVariable = "ENTRYPOINT_LOCK_USER"

  private static func takeUser() -> UInt32? {
    defer { ThisProcess.removeVariable(userVariable) }
    return ThisProcess.variable(userVariable).flatMap { UInt32($0) }
  }

  /// Set where a start that fails for want of a process or of memory fails the hook: a hook of
  /// `stage=stop`, or one whose own `rlimit_*` may be the cause.
  package static let noRetryVariable = "ENTRYPOINT_LOCK_NO_RETRY"

  private static func takeTolerance() -> Bool {
    defer { ThisProcess.removeVariable(noRetryVariable) }
    return ThisProcess.variable(noRetryVariable) == nil
  }

  static func takeLock() -> RedisLock? {
    defer { ThisProcess.removeVariable(variable) }
    return ThisProcess.variable(variable).flatMap { try? RedisLock.parse($0) }
  }
}

enum LeaseExit {
  static let unusable: Int32 = 2
  /// EX_TEMPFAIL of sysexits(3): as `lock=file:` does.
  static let late: Int32 = 75
  static let refused: Int32 = 126
}

/// Waits for its turn.
struct LeaseQueue {
  private(set) var lease: Lease
  private let deadline: UInt64?
  private let limit: UInt64
  private var said = ""

  private static let shortestPause: UInt64 = 50
  private static let longestPause: UInt64 = 1000
  /// As good as for ever, and still a number of nanoseconds.
  private static let longestWait: UInt64 = 1 << 40
  /// SIGHUP, SIGINT, SIGQUIT, SIGTERM.
  static let endings: [Int32] = [1, 2, 3, 15]

  /// `limit` in milliseconds; 0: for ever.
  init(_ lease: Lease, limit: UInt64) {
    self.lease = lease
    self.limit = min(limit, LeaseQueue.longestWait)
    deadline = limit == 0 ? nil : monotonicNanoseconds() + self.limit * 1_000_000
  }

  /// nil once it is ours, else the code to end with.
  mutating func wait(_ signals: borrowing SignalSource) -> Int32? {
    var pause = LeaseQueue.shortestPause
    while true {
      let words: String
      switch lease.take() {
      case .held: return nil
      case .busy: words = "held by another one"
      case .unreachable(let reason): words = reason
      case .refused(let reason):
        printErrorLine("lock \(lease.lock): \(reason)")
        return LeaseExit.refused
      }
      if let deadline, monotonicNanoseconds() >= deadline {
        printErrorLine("lock \(lease.lock): still \(words) after \(limit / 1000)s")
        return LeaseExit.late
      }
      sayOnce(words)
      // Replicas that started at once are not to ask at once for ever.
      let spread = UInt64.random(in: (pause / 2)...pause)
      if let signal = end(signals, within: spread) {
        if lease.isUncertain { _ = lease.release() }
        return 128 + signal
      }
      pause = min(pause * 2, LeaseQueue.longestPause)
    }
  }

  private mutating func sayOnce(_ words: String) {
    guard words != said else { return }
    said = words
    printErrorLine("lock \(lease.lock): \(words); waiting")
  }

  private func end(_ signals: borrowing SignalSource, within milliseconds: UInt64) -> Int32? {
    let left = deadline.map { ($0 - min($0, monotonicNanoseconds())) / 1_000_000 + 1 }
    let wait = min(milliseconds, left ?? milliseconds)
    // The ends of the processes that spoke to Redis.
    if let signal = ending(signals) { return signal }
    _ = try? waitForAny(readable: [signals.raw], milliseconds: Int32(clamping: wait))
    return ending(signals)
  }

  private func ending(_ signals: borrowing SignalSource) -> Int32? {
    while let signal = signals.next() {
      if LeaseQueue.endings.contains(signal.number) { return signal.number }
    }
    return nil
  }
}
