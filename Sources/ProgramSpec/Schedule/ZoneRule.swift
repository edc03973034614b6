/// The rule of a POSIX `TZ` (POSIX.1-2017 8.3, with the extensions of RFC 8536 section 3.3.1):
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
package struct ZoneRule: Sendable, Equatable {
  /// A day of every year, and a time on it.
  package struct Moment: Sendable, Equatable {
    package enum Day: Sendable, Equatable {
      /// `M3.5.0`: the fifth, or the last, Sunday of March.
      case weekday(Int, week: Int, month: Int)
      /// `J60`: the first of March, in leap years too.
      case withoutLeapDay(Int)
      /// `59`: counted from 0, the 29th of February included.
      case ordinal(Int)
    }

    package var day: Day
    /// Seconds after midnight; may lie beyond the day, on either side.
    package var time: Int64 = 2 * 3600
  }

  package struct Daylight: Sendable, Equatable {
    package var offset: Int64
    package var begins: Moment
    package var ends: Moment
  }

  package var standardOffset: Int64
  package var daylight: Daylight?

  /// Before the first change: that of daylight saving only where it lasts all the year round.
  var initialOffset: Int64 {
    guard let daylight, transitions(around: 0).isEmpty else { return standardOffset }
    let changes = changes(in: 1970)
    return changes[0].at == changes[1].at ? standardOffset : daylight.offset
  }

  /// The changes of the years around that moment, in order: the two before it and the one after it
  /// are among them, where they exist. The first change of the list may set the offset that a zone
  /// has before it, so that only the second one surely begins a span.
  func transitions(around time: Int64) -> [TimeZone.Transition] {
    guard let daylight, daylight.offset != standardOffset else { return [] }
    let near = transitions(around: time, years: 2)
    if near.count > 1, near[1].at <= time, time < near[near.count - 1].at { return near }
    // Changes that cancel each other out in most years come in leap years, or in years in which a
    // month has a weekday five times. February has five Sundays every 28 years, or after 40 years
    // where a year such as 2100 is no leap year: no combination is rarer.
    return transitions(around: time, years: 40)
  }

  private func transitions(around time: Int64, years: Int64) -> [TimeZone.Transition] {
    let year = CivilDate(days: time.dividedDown(by: 86_400).quotient).year
    // With the years before and after them, whose changes may come at the same moments.
    let found = ((year - years - 1)...(year + years + 1)).map { changes(in: $0) }
    let all = found.flatMap { $0 }
    // Daylight saving that lasts all the year round, or no time, ends at the moment at which it
    // begins: nothing changes then.
    return found.dropFirst().dropLast().flatMap { $0 }
      .filter { change in !all.contains { $0.at == change.at && $0.offset != change.offset } }
      .sorted { $0.at < $1.at }
  }

  /// The begin and the end of daylight saving.
  private func changes(in year: Int64) -> [TimeZone.Transition] {
    guard let daylight else { return [] }
    let begins = daylight.begins.localTime(in: year) - standardOffset
    let ends = daylight.ends.localTime(in: year) - daylight.offset
    return [
      .init(at: begins, offset: daylight.offset), .init(at: ends, offset: standardOffset),
    ]
  }
}

extension ZoneRule.Moment {
  /// Seconds since 1970 on the clock that is in force before it.
  fileprivate func localTime(in year: Int64) -> Int64 { days(in: year) * 86_400 + time }

  /// Days since 1970.
  private func days(in year: Int64) -> Int64 {
    let newYear = CivilDate(year: year, month: 1, day: 1)
    switch day {
    case .ordinal(let number): return newYear.days + Int64(number)
    case .withoutLeapDay(let number):
      return newYear.days + Int64(number - 1) + (newYear.isInLeapYear && number >= 60 ? 1 : 0)
    case .weekday(let weekday, let week, let month):
      let first = CivilDate(year: year, month: month, day: 1)
      let ahead = (weekday - CivilDate.weekday(of: first.days) + 7) % 7
      var day = first.days + Int64(ahead + 7 * (week - 1))
      while day >= first.firstOfNextMonth { day -= 7 }
      return day
    }
  }
}

extension ZoneRule {
  /// nil for what is no such rule.
  package static func parse(_ text: String) -> ZoneRule? {
    var cursor = ByteCursor(text)
    guard cursor.zoneName(), let west = cursor.clock(mostHours: 24) else { return nil }
    var rule = ZoneRule(standardOffset: -west, daylight: nil)
    guard cursor.peek != nil else { return rule }
    guard cursor.zoneName() else { return nil }
    var offset = -west + 3600
    if let next = cursor.peek, next != UInt8(ascii: ",") {
      guard let west = cursor.clock(mostHours: 24) else { return nil }
      offset = -west
    }
    // Without rules the C library takes those of the United States.
    var moments = [
      Moment(day: .weekday(0, week: 2, month: 3)), Moment(day: .weekday(0, week: 1, month: 11)),
    ]
    if cursor.peek != nil {
      guard let begins = cursor.moment(), let ends = cursor.moment() else { return nil }
      moments = [begins, ends]
    }
    guard cursor.peek == nil else { return nil }
    rule.daylight = Daylight(offset: offset, begins: moments[0], ends: moments[1])
    return rule
  }
}

extension ByteCursor {
  fileprivate mutating func take(_ character: Character) -> Bool {
    guard let byte = peek, byte == character.asciiValue else { return false }
    _ = next()
    return true
  }

  /// Three letters or more, or anything in angle brackets.
  fileprivate mutating func zoneName() -> Bool {
    if take("<") {
      while let byte = next() { if byte == UInt8(ascii: ">") { return true } }
      return false
    }
    var count = 0
    while let byte = peek, UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 {
      _ = next()
      count += 1
    }
    return count >= 3
  }

  fileprivate mutating func number(in range: ClosedRange<Int>) -> Int? {
    var value = 0
    var digits = 0
    while let byte = peek, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, digits < 4 {
      _ = next()
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
      digits += 1
    }
    return digits > 0 && range.contains(value) ? value : nil
  }

  /// `[+-]hh[:mm[:ss]]`, in seconds.
  fileprivate mutating func clock(mostHours: Int) -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number(in: 0...mostHours) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] where take(":") {
      guard let part = number(in: 0...59) else { return nil }
      seconds += part * unit
    }
    return Int64(isNegative ? -seconds : seconds)
  }

  /// `,M3.5.0/2`, `,J60`, `,59`.
  fileprivate mutating func moment() -> ZoneRule.Moment? {
    guard take(","), let day = momentDay() else { return nil }
    var moment = ZoneRule.Moment(day: day)
    guard take("/") else { return moment }
    guard let time = clock(mostHours: 167) else { return nil }
    moment.time = time
    return moment
  }

  private mutating func momentDay() -> ZoneRule.Moment.Day? {
    if take("J") { return number(in: 1...365).map { .withoutLeapDay($0) } }
    guard take("M") else { return number(in: 0...365).map { .ordinal($0) } }
    guard let month = number(in: 1...12), take("."), let week = number(in: 1...5), take("."),
      let weekday = number(in: 0...6)
    else { return nil }
    return .weekday(weekday, week: week, month: month)
  }
}
