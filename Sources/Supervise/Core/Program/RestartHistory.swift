import ProgramSpec

/// What decides when, and whether, a program that ended is started again.
package struct RestartHistory: Sendable, Equatable {
  /// Starts after the first one, by itself.
  package private(set) var total = 0
  /// The exponent of the delay.
  private var streak = 0
  /// When it was restarted of late: never more than the limit's count.
  private var recent: [Instant] = []
  /// Starts in a row that have failed for want of a process: at most `maxShortages`.
  private var shortages = 0
  private static let maxShortages = 10

  mutating func count() { total = min(total + 1, Int(Int32.max)) }

  mutating func admits(_ limit: RestartLimit, at now: Instant) -> Bool {
    recent.removeAll { now.elapsed(since: $0) > limit.window }
    guard recent.count < limit.count else { return false }
    recent.append(now)
    count()
    return true
  }

  /// It stayed up: the next delay is the first one again.
  mutating func settle() { streak = 0 }

  /// The delay after a start that has failed for want of a process, where no `restart_delay` is
  /// set: 1 s, 2 s, and so on up to 10 s, so that the program is back soon after the shortage.
  fileprivate mutating func delayOfShortage() -> Duration {
    shortages = min(shortages + 1, RestartHistory.maxShortages)
    return .seconds(shortages)
  }

  /// A process of the program has ended, and so has run.
  mutating func endShortage() { shortages = 0 }

  mutating func nextStreak() -> Int {
    defer { streak = min(streak + 1, 64) }
    return streak
  }
}

/// Why a program is started once more.
package enum RestartCause: String, Sendable, CaseIterable {
  case exit, unhealthy, rolling, watchdog
  case failedStart = "failed_start"
  case memoryLimit = "memory_limit"
  case maximumUptime = "max_uptime"
  /// The kernel ended it because the container's memory was used up.
  case outOfMemory = "oom_killed"
  case byHand = "by_hand"

  /// Of one that has ended by itself.
  init(_ status: ExitStatus) { self = status == .outOfMemory ? .outOfMemory : .exit }

  /// Of one that was stopped to be started again.
  init(_ renewal: Reason) {
    switch renewal {
    case .unhealthy: self = .unhealthy
    case .memoryLimit: self = .memoryLimit
    case .maximumUptime: self = .maximumUptime
    case .rolling: self = .rolling
    case .watchdog, .watchdogTriggered: self = .watchdog
    case .exit, .spawnFailure, .lastWords, .notReadyInTime, .timedOut, .restartLimit,
      .survivedKill, .asked:
      self = .exit
    }
  }
}

/// How often it was, for each cause, from the beginning: unlike the history, a start by hand does
/// not forget it.
package struct RestartCounts: Sendable, Equatable {
  private var counts: [RestartCause: Int] = [:]

  package init() {}

  package subscript(_ cause: RestartCause) -> Int { counts[cause] ?? 0 }

  mutating func count(_ cause: RestartCause) { counts[cause, default: 0] &+= 1 }

  /// With those of an earlier program of the same name.
  package mutating func add(_ others: RestartCounts) {
    counts.merge(others.counts, uniquingKeysWith: &+)
  }
}

extension RestartPolicy {
  func expects(_ status: ExitStatus) -> Bool {
    guard let code = status.ownCode else { return false }
    return exitCodes.contains(code) || plannedExitCodes.contains(code)
  }

  func plans(_ status: ExitStatus) -> Bool {
    status.ownCode.map(plannedExitCodes.contains) ?? false
  }

  func restarts(expected: Bool) -> Bool {
    switch automatic {
    case .never: false
    case .unexpected: !expected
    case .always: true
    }
  }

  /// supervisord's delay after the n-th failed start is n seconds; ours where one is set.
  func delay(
    afterFailures tries: Int, _ history: inout RestartHistory, _ random: inout RandomSource
  ) -> Duration {
    guard let delay else { return .seconds(tries) }
    return delay.duration(history.nextStreak(), &random)
  }

  /// As after a failed start; how many of those there were does not matter.
  func delayOfShortage(
    _ history: inout RestartHistory, _ random: inout RandomSource
  ) -> Duration {
    delay?.duration(history.nextStreak(), &random) ?? history.delayOfShortage()
  }

  /// nil: at once, as supervisord does. It looks once a second, though: a program that ends as soon
  /// as it is there, with `startsecs=0` or by plan, would else take a whole processor.
  func delay(
    afterBeingUpFor time: Duration, _ history: inout RestartHistory,
    _ random: inout RandomSource
  ) -> Duration? {
    if let delay { return delay.duration(history.nextStreak(), &random) }
    return time >= .seconds(1) ? nil : .seconds(1) - time
  }
}

extension RestartDelay {
  /// `min(initial · factor^n, maximum)`, spread evenly over ± jitter so that a hundred programs
  /// that failed together do not come back together.
  func duration(_ exponent: Int, _ random: inout RandomSource) -> Duration {
    var nanoseconds = initial.wholeNanoseconds
    let limit = max(maximum.wholeNanoseconds, initial.wholeNanoseconds)
    let factor = UInt64(clamping: factorThousandths)
    for _ in 0..<exponent where nanoseconds < limit {
      let (product, overflow) = nanoseconds.multipliedReportingOverflow(by: factor)
      nanoseconds = overflow ? limit : min(product / 1000, limit)
    }
    return Duration.nanoseconds(Int64(clamping: nanoseconds))
      .spread(byThousandths: jitterThousandths, &random)
  }
}

extension Duration {
  /// Drawn evenly from so many thousandths of it less to as many more.
  func spread(byThousandths thousandths: Int, _ random: inout RandomSource) -> Duration {
    let nanoseconds = wholeNanoseconds
    let spread = nanoseconds / 1000 &* UInt64(clamping: min(thousandths, 1000))
    let drawn = spread == 0 ? 0 : random.upTo(2 &* spread)
    return .nanoseconds(Int64(clamping: nanoseconds &- spread &+ drawn))
  }
}
