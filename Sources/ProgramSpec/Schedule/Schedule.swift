/// When a `[cron:x]` runs.
package enum Schedule: Sendable, Equatable {
  /// `@reboot`: once, when everything has started.
  case once
  /// `@every 30s`: by elapsed time, whatever the clock says.
  case every(Duration)
  /// By the clock of a time zone.
  case calendar(CalendarSchedule, TimeZone)
}

/// The fields of crontab(5), and seconds, as sets of bits: bit 5 of `hours` is five o'clock.
package struct CalendarSchedule: Sendable, Equatable {
  package var seconds: UInt64 = 1
  package var minutes: UInt64
  package var hours: UInt64
  /// Bits 1 to 31.
  package var days: UInt64
  /// Bits 1 to 12.
  package var months: UInt64
  /// Bits 0 (Sunday) to 6.
  package var weekdays: UInt64
  /// Day of month and day of week are both given: a day that matches either will do.
  package var takesEitherDay: Bool
  /// Second, minute or hour begins with `*`: it goes on by elapsed time where the clock is put
  /// forward or back. What is given by fixed times is run once, whatever is done to the clock.
  package var isWildcard: Bool

  /// A change of the clock by so much or more is a correction, not daylight saving: the new time
  /// counts at once (cron(8)).
  package static let longestShift: Int64 = 3 * 3600
}

extension CalendarSchedule {
  /// In 400 years the calendar has repeated itself, weekdays included: what has not come then never
  /// comes.
  private static let cycle: Int64 = 146_097 * 86_400
  /// Beyond these years a clock is broken, and sums of seconds stay far from overflowing.
  private static let plausible: ClosedRange<Int64> = -(1 << 40)...(1 << 40)

  /// No day is ever like that: the 30th of February.
  package var neverComes: Bool { firstMatch(from: 0, before: CalendarSchedule.cycle) == nil }

  /// The first moment after `instant` at which it is to run; both in seconds since 1970, UTC. nil:
  /// never.
  ///
  /// Wildcards match what the clock on the wall shows. Fixed times (cron(8)) that a jump forward
  /// leaves out are made up for at the jump, once; those that a jump backward shows for a second
  /// time are passed over.
  package func next(after instant: Int64, in zone: TimeZone) -> Int64? {
    guard CalendarSchedule.plausible.contains(instant) else { return nil }
    let horizon = instant + CalendarSchedule.cycle
    var time = instant + 1
    while time < horizon {
      let span = zone.span(at: time)
      if let found = next(from: time, in: span, horizon) { return found }
      time = span.end
    }
    return nil
  }

  private func next(from time: Int64, in span: TimeZone.Span, _ horizon: Int64) -> Int64? {
    var first = time + span.offset
    if !isWildcard, let previous = span.previousOffset,
      abs(span.offset - previous) < CalendarSchedule.longestShift
    {
      let shown = span.start + previous
      let isSkipped = firstMatch(from: shown, before: span.start + span.offset) != nil
      if time == span.start, isSkipped { return time }
      first = max(first, shown)
    }
    let end = min(span.end, horizon) + span.offset
    return firstMatch(from: first, before: end).map { $0 - span.offset }
  }

  /// The first match in seconds of local time, counted as if it were UTC.
  private func firstMatch(from local: Int64, before end: Int64) -> Int64? {
    var (day, second) = local.dividedDown(by: 86_400)
    while day * 86_400 < end {
      let date = CivilDate(days: day)
      if !months.has(date.month) {
        day = date.firstOfNextMonth
      } else if matches(date, weekday: CivilDate.weekday(of: day)),
        let time = firstTime(from: Int(second))
      {
        let found = day * 86_400 + Int64(time)
        return found < end ? found : nil
      } else {
        day += 1
      }
      second = 0
    }
    return nil
  }

  private func matches(_ date: CivilDate, weekday: Int) -> Bool {
    takesEitherDay
      ? days.has(date.day) || weekdays.has(weekday)
      : days.has(date.day) && weekdays.has(weekday)
  }

  /// The first second of a day, not before `second`.
  private func firstTime(from second: Int) -> Int? {
    let (hour, minute) = (second / 3600, second / 60 % 60)
    let firstSecond = seconds.first(from: 0) ?? 0
    let firstMinute = minutes.first(from: 0) ?? 0
    if hours.has(hour) {
      if minutes.has(minute), let found = seconds.first(from: second % 60) {
        return hour * 3600 + minute * 60 + found
      }
      if let found = minutes.first(from: minute + 1) {
        return hour * 3600 + found * 60 + firstSecond
      }
    }
    return hours.first(from: hour + 1).map { $0 * 3600 + firstMinute * 60 + firstSecond }
  }
}

extension UInt64 {
  fileprivate func has(_ bit: Int) -> Bool { self >> UInt64(bit) & 1 == 1 }

  /// The lowest bit that is set at or above `bit`.
  fileprivate func first(from bit: Int) -> Int? {
    let rest = self >> UInt64(bit)
    return rest == 0 ? nil : bit + rest.trailingZeroBitCount
  }
}
