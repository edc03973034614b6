/// Dates of head fields, `Sat, 21 Nov 2026 07:37:33 GMT`: RFC 9110 section 5.6.7.
package enum HTTPDate {
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  /// To the end of the year 9999; what is outside is shown as the nearest that fits.
  private static let last: Int64 = 253_402_300_799

  /// Of seconds since 1970.
  package static func text(_ seconds: Int64) -> String {
    let seconds = Int(max(0, min(last, seconds)))
    let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let date = civil(days)
    let clock = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    let month = months[date.month - 1]
    return "\(weekdays[days % 7]), \(two(date.day)) \(month) \(date.year) \(clock) GMT"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// The Gregorian date of a day since 1970, counted in years that begin in March, so that a leap
  /// day is the last of its year.
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
    let leaps = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leaps) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }
}
