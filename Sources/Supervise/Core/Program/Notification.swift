/// What a program announces of itself in the protocol of sd_notify(3).
package enum Notification: Sendable, Equatable {
  /// READY=1: the start, or a reload, is complete.
  case ready
  /// STOPPING=1: the program has begun to shut itself down.
  case stopping
  /// RELOADING=1: until the next READY=1.
  case reloading
  /// STATUS=: one line for people, printable.
  case status(String)
  /// ERRNO=: why the program fails.
  case failed(errno: Int32)
  /// EXTEND_TIMEOUT_USEC=: the program needs so much more time from now on.
  case extendTimeout(Duration)
  /// WATCHDOG=1: the program is alive.
  case watchdog
  /// WATCHDOG=trigger: the program wants to be restarted.
  case watchdogTriggered
  /// WATCHDOG_USEC=: another interval for `watchdog`.
  case watchdogInterval(Duration)
  /// MAINPID=: this process is the program from now on. Its identity has been verified.
  case mainProcess(Int32)
}

/// What the process that runs, or the last one, has announced of itself.
package struct Announced: Sendable, Equatable {
  package internal(set) var status: String?
  package internal(set) var errno: Int32?
  package internal(set) var isReloading = false
  package internal(set) var isStopping = false
}

/// The time by which a program with `watchdog` has to send WATCHDOG=1 again.
package struct Watchdog: Sendable, Equatable {
  /// WATCHDOG_USEC= may make the interval this many times as long as configured.
  private static let maxFactor = 10
  package static let minInterval = Duration.seconds(1)

  private let configured: Duration
  private(set) var interval: Duration
  /// nil: not running and ready yet, or being stopped.
  private(set) var deadline: Instant?

  init(_ interval: Duration) {
    configured = interval
    self.interval = interval
  }

  mutating func begin(at now: Instant) { deadline = now.advanced(by: interval) }

  mutating func abandon() { deadline = nil }

  /// A message before the program is ready changes nothing: the time begins then.
  mutating func keepAlive(at now: Instant) { if deadline != nil { begin(at: now) } }

  mutating func change(_ wanted: Duration, at now: Instant) {
    interval = min(max(wanted, Watchdog.minInterval), configured * Watchdog.maxFactor)
    keepAlive(at: now)
  }

  func hasExpired(at now: Instant) -> Bool { deadline.map { now >= $0 } ?? false }
}
