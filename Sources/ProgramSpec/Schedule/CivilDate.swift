/// A day of the Gregorian calendar, before its introduction too.
package struct CivilDate: Sendable, Equatable {
  package var year: Int64
  package var month: Int
  package var day: Int

  package init(year: Int64, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Of days since 1970-01-01. Years are counted from March here, so that the leap day comes last.
  package init(days: Int64) {
    let (cycle, rest) = (days + CivilDate.daysBefore1970).dividedDown(by: 146_097)
    let yearOfCycle = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365
    let dayOfYear = Int(rest - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100))
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
  }

  /// From the first of March of the year 0.
  private static let daysBefore1970: Int64 = 719_468

  /// Since 1970-01-01.
  package var days: Int64 {
    let (cycle, yearOfCycle) = (month <= 2 ? year - 1 : year).dividedDown(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + Int64(dayOfYear)
    return cycle * 146_097 + dayOfCycle - CivilDate.daysBefore1970
  }

  /// Days since 1970-01-01 of the first of the next month.
  package var firstOfNextMonth: Int64 {
    month == 12
      ? CivilDate(year: year + 1, month: 1, day: 1).days
      : CivilDate(year: year, month: month + 1, day: 1).days
  }

  package var isInLeapYear: Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// 0 is Sunday.
  package static func weekday(of days: Int64) -> Int { Int((days + 4).dividedDown(by: 7).rest) }
}

extension Int64 {
  /// Towards minus infinity, so that the rest is never negative.
  package func dividedDown(by divisor: Int64) -> (quotient: Int64, rest: Int64) {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
  }
}
