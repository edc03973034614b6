import SuperviseCore

/// When a call that the kernel refused for want of memory is made again: soon, then less and less
/// often. Such a refusal has no end that wakes the loop, so only time can.
struct RetryDelay {
  private static let first = Duration.milliseconds(10)
  private static let longest = Duration.seconds(1)

  private var failures = 0
  /// The next attempt; nil: nothing is to be repeated.
  private(set) var dueAt: Instant?

  mutating func failed(at now: Instant) {
    let delay = RetryDelay.first * (1 << min(failures, 7))
    failures += 1
    dueAt = now.advanced(by: min(delay, RetryDelay.longest))
  }

  mutating func succeeded() {
    failures = 0
    dueAt = nil
  }

  func isDue(at now: Instant) -> Bool { dueAt.map { $0 <= now } ?? false }
}
