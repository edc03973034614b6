internal import SuperviseCore

/// When a helper that has died is started again: at once, unless that has not helped a few times.
///
/// One that cannot live (no memory, no descriptors, no /dev) must neither keep PID 1 busy nor be
/// given up: what kept it from living may pass.
struct HelperLife {
  private static let patience = 3
  private static let first = Duration.milliseconds(250)
  private static let longest = Duration.seconds(30)
  /// After so long a life earlier deaths are forgotten.
  private static let goodLife = Duration.seconds(10)

  private var beganAt: Instant?
  private var deaths = 0
  /// Not before; nil: it lives, or is not wanted.
  private(set) var dueAt: Instant?

  mutating func began(at now: Instant) {
    beganAt = now
    dueAt = nil
  }

  mutating func ended(at now: Instant) {
    if let beganAt, now.elapsed(since: beganAt) >= HelperLife.goodLife { deaths = 0 }
    beganAt = nil
    deaths = min(deaths + 1, 64)
    dueAt = now.advanced(by: delay)
  }

  func isDue(at now: Instant) -> Bool { dueAt.map { $0 <= now } ?? false }

  private var delay: Duration {
    guard deaths >= HelperLife.patience else { return .zero }
    let doublings = min(deaths - HelperLife.patience, 7)
    return min(HelperLife.first * (1 << doublings), HelperLife.longest)
  }
}
