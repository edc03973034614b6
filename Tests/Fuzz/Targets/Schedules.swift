import Glibc

@testable import ProgramSpec

/// Schedules: the first line is the schedule, the second one the `TZ` rule of the time zone.
enum ScheduleProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let lines = input.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: lines.first ?? [], as: UTF8.self)
    let rule = lines.count > 1 ? ZoneRule.parse(String(decoding: lines[1], as: UTF8.self)) : nil
    do throws(ScheduleProblem) {
      let written = try Schedule.parse(text)
      guard case .calendar(let calendar) = written else { return }
      do throws(Violation) { try check(calendar, rule) } catch {
        throw ScheduleProblem(offset: -1, reason: error.text)
      }
    } catch {
      try require(
        (0...text.utf8.count).contains(error.offset) && !error.reason.isEmpty,
        "offset \(error.offset): \(error.reason)")
    }
  }

  private static func check(
    _ calendar: CalendarSchedule, _ rule: ZoneRule?
  ) throws(Violation) {
    try require(calendar.seconds != 0 && calendar.seconds >> 60 == 0, "seconds")
    try require(calendar.minutes != 0 && calendar.minutes >> 60 == 0, "minutes")
    try require(calendar.hours != 0 && calendar.hours >> 24 == 0, "hours")
    try require(calendar.days != 0 && calendar.days & ~0xFFFF_FFFE == 0, "days")
    try require(calendar.months != 0 && calendar.months & ~0x1FFE == 0, "months")
    try require(calendar.weekdays != 0 && calendar.weekdays >> 7 == 0, "weekdays")
    let fields = [calendar.seconds, calendar.minutes, calendar.hours, calendar.days]
    let spread = Int64(fields.reduce(0) { ($0 &* 31 &+ $1) & 0x7FFF_FFFF })
    for start in [0, 1_700_000_000 + spread, -spread * 3, 4_102_444_799] {
      try checkUTC(calendar, after: start)
      if let rule { try checkZone(calendar, rule, after: start) }
    }
  }

  /// In UTC the C library's calendar finds the same moment.
  private static func checkUTC(
    _ calendar: CalendarSchedule, after start: Int64
  ) throws(Violation) {
    let found = calendar.next(after: start, in: .utc)
    let expected = calendar.firstBySearch(after: start, days: 400)
    if let expected {
      try requireEqual(found, expected, "the first run after \(start)")
    } else {
      guard let found else { throw Violation("a schedule that never comes was accepted") }
      try require(found > start + 399 * 86_400, "a run at \(found) after \(start)")
    }
  }

  /// Each run comes after the last one, at a time that matches or at a change of the clock.
  private static func checkZone(
    _ calendar: CalendarSchedule, _ rule: ZoneRule, after start: Int64
  ) throws(Violation) {
    let zone = TimeZone(name: "Z", rule: rule)
    var time = start
    for _ in 0..<4 {
      guard let next = calendar.next(after: time, in: zone) else {
        throw Violation("no run after \(time) in \(rule)")
      }
      try require(next > time, "a run at \(next) after \(time)")
      let span = zone.span(at: next)
      try require(span.start <= next && next < span.end, "span \(span) at \(next)")
      let isMatch = calendar.matches(next + span.offset)
      try require(
        isMatch || !calendar.isWildcard && next == span.start, "a run at \(next) in \(span)")
      time = next
    }
  }
}

extension CalendarSchedule {
  fileprivate func matches(_ time: Int64) -> Bool {
    let date = Self.date(time)
    return matchesDay(date) && hours >> UInt64(date.tm_hour) & 1 == 1
      && minutes >> UInt64(date.tm_min) & 1 == 1 && seconds >> UInt64(date.tm_sec) & 1 == 1
  }

  private func matchesDay(_ date: tm) -> Bool {
    let isDay = days >> UInt64(date.tm_mday) & 1 == 1
    let isWeekday = weekdays >> UInt64(date.tm_wday) & 1 == 1
    return months >> UInt64(date.tm_mon + 1) & 1 == 1
      && (takesEitherDay ? isDay || isWeekday : isDay && isWeekday)
  }

  private static func date(_ time: Int64) -> tm {
    var time = time_t(time)
    var date = tm()
    gmtime_r(&time, &date)
    return date
  }

  /// The first match after a moment, by trying day after day and second after second.
  fileprivate func firstBySearch(after start: Int64, days count: Int64) -> Int64? {
    let first = start.dividedDown(by: 86_400).quotient
    for day in first..<(first + count) where matchesDay(Self.date(day * 86_400)) {
      for hour in 0..<24 where hours >> UInt64(hour) & 1 == 1 {
        for minute in 0..<60 where minutes >> UInt64(minute) & 1 == 1 {
          for second in 0..<60 where seconds >> UInt64(second) & 1 == 1 {
            let time = day * 86_400 + Int64(hour * 3600 + minute * 60 + second)
            if time > start { return time }
          }
        }
      }
    }
    return nil
  }
}

/// Files of /usr/share/zoneinfo (RFC 8536).
enum ZoneProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let zone: TimeZone
    do throws(ValueProblem) { zone = try ZoneFile.parse(input, name: "Z") } catch {
      return try require(!error.reason.isEmpty, "a problem without a reason")
    }
    var moments: [Int64] = [0, 1_700_000_000, -(1 << 40), 1 << 40]
    for transition in zone.transitions.prefix(20) + zone.transitions.suffix(20) {
      moments += [transition.at - 1, transition.at]
    }
    for moment in moments { try check(zone, at: moment) }
    let daily = CalendarSchedule(
      minutes: 1, hours: 4, days: 0xFFFF_FFFE, months: 0x1FFE, weekdays: 0x7F,
      takesEitherDay: false, isWildcard: false)
    let next = daily.next(after: 1_700_000_000, in: zone)
    try require(next.map { $0 > 1_700_000_000 } ?? true, "a run in the past")
  }

  private static func check(_ zone: TimeZone, at moment: Int64) throws(Violation) {
    let span = zone.span(at: moment)
    try require(span.start <= moment && moment < span.end, "span \(span) at \(moment)")
    try requireEqual(zone.offset(at: moment), span.offset, "the offset at \(moment)")
    guard span.start > .min, span.start > -(1 << 50) else { return }
    try requireEqual(zone.span(at: span.start), span, "the span at its start")
    let before = zone.span(at: span.start - 1)
    try requireEqual(before.offset, span.previousOffset, "the offset before \(span.start)")
  }
}
