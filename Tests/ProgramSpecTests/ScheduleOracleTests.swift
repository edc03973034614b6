import Support
import Testing

@testable import ProgramSpec

/// A second opinion on when schedules come: cron's own way of finding out, minute by minute, with
/// nothing clever in it.
@Suite struct ScheduleOracleTests {
  static let zones = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
    "America/Asuncion",
  ]

  static let schedules = [
    "* * * * *", "*/7 * * * *", "17 * * * *", "0 */3 * * *", "30 2 * * *", "0 0 * * *",
    "15,45 1-3 * * *", "*/20 2 * * *", "30 1 1,15 * sun", "5 0 */3 3-10/2 mon-fri",
  ]

  @Test(arguments: zones) func everyMinuteOfThreeYears(_ name: String) throws {
    let zone = try ZoneFile.parse(try #require(ZoneData.bytes(name)), name: name)
    let start = CivilTime("2025-01-01 00:00:00").seconds
    let end = CivilTime("2028-01-01 00:00:00").seconds
    var walk = CronWalk(ScheduleOracleTests.schedules, zone, from: start)
    walk.run(until: end)
    for (index, text) in ScheduleOracleTests.schedules.enumerated() {
      guard case .calendar(let schedule) = try Schedule.parse(text) else { continue }
      var time = start
      var found: [Int64] = []
      while let next = schedule.next(after: time, in: zone), next < end {
        found.append(next)
        time = next
      }
      #expect(found.count > 10)
      let first = zip(found, walk.runs[index]).first { $0 != $1 }
      #expect(first == nil, "\(text) in \(name)")
      #expect(found.count == walk.runs[index].count, "\(text) in \(name)")
    }
  }
}

/// cron(8)'s loop: a clock of its own, in minutes of local time, that follows the real one.
private struct CronWalk {
  private struct Fields {
    var tables: [[Bool]]
    var isWild: Bool
    var takesEitherDay: Bool
  }

  /// For each schedule, seconds since 1970.
  private(set) var runs: [[Int64]]
  private var fields: [Fields]
  private let zone: TimeZone
  private var time: Int64
  private var offset: Int64
  private var virtual: Int64
  private var date: (day: Int64, month: Int, dayOfMonth: Int, weekday: Int) = (.min, 0, 0, 0)

  init(_ schedules: [String], _ zone: TimeZone, from start: Int64) {
    self.zone = zone
    time = start
    offset = zone.offset(at: start)
    virtual = (start + offset) / 60
    runs = schedules.map { _ in [] }
    fields = schedules.map { text in
      let words = text.split(separator: " ").map(String.init)
      let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
      return Fields(
        tables: zip(words, bounds).map { CronWalk.table($0, $1) },
        isWild: words[0].hasPrefix("*") || words[1].hasPrefix("*"),
        takesEitherDay: !words[2].hasPrefix("*") && !words[4].hasPrefix("*"))
    }
  }

  private static func table(_ word: String, _ bounds: (Int, Int)) -> [Bool] {
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    func number(_ text: Substring) -> Int { days.firstIndex(of: String(text)) ?? Int(text) ?? 0 }
    var table = Array(repeating: false, count: 60)
    for item in word.split(separator: ",") {
      let parts = item.split(separator: "/")
      let ends = parts[0].split(separator: "-")
      let range =
        parts[0] == "*" ? bounds : (number(ends[0]), number(ends[ends.count - 1]))
      for value in stride(
        from: range.0, through: range.1, by: parts.count == 2 ? Int(parts[1]) ?? 1 : 1)
      { table[value] = true }
    }
    return table
  }

  mutating func run(until end: Int64) {
    while true {
      time += 60
      guard time < end else { return }
      // Clocks change at a quarter of an hour, if they do.
      if time % 900 == 0 { offset = zone.offset(at: time) }
      let shown = (time + offset) / 60
      let difference = shown - virtual
      switch difference {
      case 1: find(shown, wild: true, fixed: true)
      case 2...180:
        find(shown, wild: true, fixed: false)
        for skipped in (virtual + 1)...shown { find(skipped, wild: false, fixed: true) }
      case -180...0: find(shown, wild: true, fixed: false)
      default: find(shown, wild: true, fixed: true)
      }
      if difference > 0 || difference < -180 { virtual = shown }
    }
  }

  private mutating func find(_ minute: Int64, wild: Bool, fixed: Bool) {
    let day = minute / 1440
    if day != date.day {
      let civil = CivilDate(days: day)
      date = (day, civil.month, civil.day, CivilDate.weekday(of: day))
    }
    let minuteOfHour = Int(minute % 60)
    let hour = Int(minute / 60 % 24)
    for index in fields.indices where fields[index].isWild ? wild : fixed {
      let tables = fields[index].tables
      guard tables[0][minuteOfHour], tables[1][hour], tables[3][date.month] else { continue }
      let (month, week) = (tables[2][date.dayOfMonth], tables[4][date.weekday])
      guard fields[index].takesEitherDay ? month || week : month && week else { continue }
      // Several that were skipped are made up for by one run.
      if runs[index].last != time { runs[index].append(time) }
    }
  }
}
