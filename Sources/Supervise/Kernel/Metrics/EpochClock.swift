internal import Linux
internal import SuperviseCore

/// When, on the wall, something was: always the same answer for the same instant, unless the clock
/// has been set. Calculated anew each time it would differ by microseconds, and a time that a
/// process was started at must not change while it runs.
struct EpochClock {
  private static let tolerance: Int64 = 500_000_000
  /// Nanoseconds since 1970 when the monotonic clock was zero.
  private var offset: Int64?

  mutating func look() {
    let monotonic = Int64(clamping: Kernel.now.nanoseconds)
    let found = WallTime.now().nanosecondsSince1970.subtractingReportingOverflow(monotonic)
    guard !found.overflow else { return }
    let drift = found.partialValue.subtractingReportingOverflow(offset ?? .min)
    if drift.overflow || drift.partialValue.magnitude > UInt64(EpochClock.tolerance) {
      offset = found.partialValue
    }
  }

  /// Nanoseconds since 1970; nothing before.
  func nanoseconds(_ instant: Instant) -> UInt64 {
    let (sum, overflow) = Int64(clamping: instant.nanoseconds)
      .addingReportingOverflow(offset ?? 0)
    return overflow ? 0 : UInt64(max(0, sum))
  }
}
