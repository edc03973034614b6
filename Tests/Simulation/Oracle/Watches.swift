import ProgramSpec
import SuperviseCore

/// One check after the other: when the next one is due, or when the one under way is given up.
struct ProbeModel: Equatable {
  /// nil: none is due.
  var due: Instant?
  /// nil: none is under way.
  var givenUpAt: Instant?
  /// Checks that have found the program not ready.
  var checks = 0

  /// A check is given up a second after its own time-out.
  static let margin = Duration.seconds(1)
  /// Of a readiness probe; no key sets it.
  static let readinessTimeout = Duration.seconds(3)

  var isUnderWay: Bool { givenUpAt != nil }
  var wakeUp: Instant? { due ?? givenUpAt }

  mutating func begin(timeout: Duration, at now: Instant) {
    due = nil
    givenUpAt = now.advanced(by: timeout + ProbeModel.margin)
  }

  mutating func next(at instant: Instant) {
    due = instant
    givenUpAt = nil
  }

  /// The first checks of readiness come quickly, each after twice the time of the one before, and
  /// later ones once a second.
  mutating func nextReadinessCheck(after now: Instant) {
    let milliseconds = min(25 << min(checks, 6), 1000)
    checks += 1
    next(at: now.advanced(by: .milliseconds(milliseconds)))
  }
}

/// `health`: checks at equal intervals, counted as `health_fall`, `health_rise` and `health_grace`
/// say.
struct HealthModel: Equatable {
  var probe = ProbeModel()
  var isHealthy = true
  private var streak = 0

  /// True: the program has become unhealthy.
  mutating func count(
    _ isGood: Bool, _ health: Health, since start: Instant, at now: Instant
  ) -> Bool {
    probe.next(at: now.advanced(by: health.interval))
    guard isGood != isHealthy else {
      streak = 0
      return false
    }
    if !isGood, now < start.advanced(by: health.grace) { return false }
    streak += 1
    guard streak >= (isGood ? health.rise : health.fall) else { return false }
    streak = 0
    isHealthy = isGood
    return !isGood
  }
}

/// `watchdog`: the time by which the program has to send WATCHDOG=1.
struct WatchdogModel: Equatable {
  var interval = Duration.zero
  /// nil: no message is expected.
  var expiry: Instant?
  /// STOPPING=1 was received.
  var isStopping = false

  mutating func keepAlive(at now: Instant) {
    if expiry != nil { expiry = now.advanced(by: interval) }
  }

  /// WATCHDOG_USEC=: from 1 s to ten times the configured interval.
  mutating func change(_ requested: Duration, configured: Duration?, at now: Instant) {
    guard let configured else { return }
    interval = min(max(requested, .seconds(1)), configured * 10)
    keepAlive(at: now)
  }
}
