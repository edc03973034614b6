/// What the clock on the wall shows, told from the monotonic one.
///
/// The two run at the same pace; what lies between them changes only when somebody sets the clock,
/// or the machine has slept. The kernel tells the core so each time, and nothing but the schedules
/// of crons ever asks.
package struct WallClock: Sendable, Equatable {
  /// Nanoseconds since 1970, UTC, at the beginning of the monotonic clock.
  package var offset: Int64

  package init(offset: Int64) { self.offset = offset }

  /// `wall` is what it shows at `now`, in nanoseconds since 1970.
  package init(showing wall: Int64, at now: Instant) {
    let (offset, overflow) = wall.subtractingReportingOverflow(Int64(clamping: now.nanoseconds))
    self.offset = overflow ? .min : offset
  }

  /// Since 1970, UTC.
  package func nanoseconds(at now: Instant) -> Int64 {
    let (sum, overflow) = offset.addingReportingOverflow(Int64(clamping: now.nanoseconds))
    return overflow ? .max : sum
  }

  /// Since 1970, UTC; whole ones that have passed.
  package func seconds(at now: Instant) -> Int64 { nanoseconds(at: now).wholeSeconds }

  /// When it shows that many seconds since 1970; the beginning of time for what has long passed.
  package func instant(ofSecond second: Int64) -> Instant {
    let (wall, overflow) = second.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return Instant(nanoseconds: second < 0 ? 0 : .max) }
    let (difference, isFar) = wall.subtractingReportingOverflow(offset)
    guard !isFar else { return Instant(nanoseconds: wall < 0 ? 0 : .max) }
    return Instant(nanoseconds: UInt64(max(0, difference)))
  }
}

extension Int64 {
  /// Of nanoseconds, towards the past.
  var wholeSeconds: Int64 {
    let (quotient, rest) = quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0 ? quotient - 1 : quotient
  }
}
