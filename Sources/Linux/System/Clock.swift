internal import CLinux
internal import Glibc

/// CLOCK_MONOTONIC, in nanoseconds: what every deadline is measured by.
package func monotonicNanoseconds() -> UInt64 { clinux_monotonic() }

/// A moment on the wall clock: only ever shown, never calculated with.
package struct WallTime: Sendable, Equatable {
  /// Since 1970, UTC.
  package var seconds: Int64
  package var nanoseconds: Int32

  package init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  package static func now() -> WallTime {
    var nanoseconds: Int32 = 0
    let seconds = unsafe clinux_wall(&nanoseconds)
    return WallTime(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// Since 1970; at the ends of what fits, a clock is broken.
  package var nanosecondsSince1970: Int64 {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, isLate) = product.addingReportingOverflow(Int64(nanoseconds))
    return isLate ? .max : sum
  }

  package var milliseconds: Int { Int(nanoseconds) / 1_000_000 }

  /// By TZ and /etc/localtime.
  package var local: CalendarTime {
    var date = clinux_date()
    unsafe clinux_local_date(seconds, &date)
    return CalendarTime(date)
  }

  package var universal: CalendarTime {
    var date = clinux_date()
    unsafe clinux_universal_date(seconds, &date)
    return CalendarTime(date)
  }
}

package struct CalendarTime: Sendable, Equatable {
  package var year, month, day, hour, minute, second: Int

  init(_ date: clinux_date) {
    year = Int(date.year)
    month = Int(date.month)
    day = Int(date.day)
    hour = Int(date.hour)
    minute = Int(date.minute)
    second = Int(date.second)
  }
}

/// Readable when somebody has set the wall clock, or the machine has slept: timerfd_create(2),
/// TFD_TIMER_CANCEL_ON_SET. It never wakes anybody otherwise.
package func watchWallClock() throws(Errno) -> Int32 { try checked(clinux_clock_watch_open()) }

/// Until it is readable again.
package func drainWallClockWatch(_ raw: Int32) {
  var count: UInt64 = 0
  _ = unsafe read(raw, &count, 8)
}

/// timerfd_create(2): one timer wakes the loop at the next deadline, or never.
package struct Timer: ~Copyable {
  private let descriptor: Descriptor
  package var raw: Int32 { descriptor.raw }

  package init() throws(Errno) {
    descriptor = Descriptor(adopting: try checked(clinux_timer_open()))
  }

  /// At an absolute time on the monotonic clock; nil disarms.
  package func arm(at nanoseconds: UInt64?) throws(Errno) {
    _ = try checked(clinux_timer_arm(raw, nanoseconds.map { max($0, 1) } ?? 0))
  }

  package func drain() {
    var count: UInt64 = 0
    _ = unsafe read(raw, &count, 8)
  }
}

/// A timer on the wall clock: for what is due at a time of the day.
package struct WallTimer: ~Copyable {
  private let descriptor: Descriptor
  package var raw: Int32 { descriptor.raw }

  package init() throws(Errno) {
    descriptor = Descriptor(adopting: try checked(clinux_wall_timer_open()))
  }

  /// At so many seconds since 1970, and as soon as somebody sets the clock (timerfd_create(2),
  /// TFD_TIMER_CANCEL_ON_SET): it is to be armed anew then.
  package func arm(at seconds: Int64) throws(Errno) {
    _ = try checked(clinux_wall_timer_arm(raw, max(seconds, 1)))
  }

  /// Whether the clock has been set.
  package func drain() -> Bool {
    var count: UInt64 = 0
    return unsafe read(raw, &count, 8) < 0 && Errno.last.code == ECANCELED
  }
}
