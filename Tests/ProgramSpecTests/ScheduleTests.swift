import Support
import Testing

@testable import ProgramSpec

/// When schedules come, and what is said of those that are wrong.
@Suite struct ScheduleTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var schedule: String
    var zone = "UTC"
    /// Local times, as they are written in `CivilTime`.
    var after: String
    var times: [String]
    var testDescription: String { "\(schedule) in \(zone) after \(after)" }
  }

  @Test(arguments: [
    Row(
      schedule: "*/15 * * * *", after: "2026-01-01 00:00:00",
      times: ["2026-01-01 00:15:00", "2026-01-01 00:30:00"]),
    Row(
      schedule: "0 2 * * *", after: "2026-01-01 01:59:59",
      times: ["2026-01-01 02:00:00", "2026-01-02 02:00:00"]),
    Row(
      schedule: "5/20 0 * * *", after: "2026-01-01 00:00:00",
      times: ["2026-01-01 00:05:00", "2026-01-01 00:25:00", "2026-01-01 00:45:00"]),
    Row(
      schedule: "*/20 * * * * *", after: "2026-01-01 00:00:59",
      times: ["2026-01-01 00:01:00", "2026-01-01 00:01:20"]),
    Row(
      schedule: "30 0 12 * * fri-sun", after: "2026-01-01 00:00:00",
      times: ["2026-01-02 12:00:30", "2026-01-03 12:00:30", "2026-01-04 12:00:30"]),
    // Either of the two days, as crontab(5) has it.
    Row(
      schedule: "0 0 13 * FRI", after: "2026-02-01 00:00:00",
      times: ["2026-02-06 00:00:00", "2026-02-13 00:00:00", "2026-02-20 00:00:00"]),
    // A field that begins with a star does not make it "either".
    Row(
      schedule: "0 0 */2 * sun", after: "2026-02-01 00:00:00",
      times: ["2026-02-15 00:00:00", "2026-03-01 00:00:00"]),
    Row(
      schedule: "0 0 29 feb *", after: "2026-01-01 00:00:00",
      times: ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
    Row(
      schedule: "0 0 29 2 *", after: "2097-01-01 00:00:00", times: ["2104-02-29 00:00:00"]),
    Row(
      schedule: "0 0 31 * *", after: "2026-01-31 00:00:00",
      times: ["2026-03-31 00:00:00", "2026-05-31 00:00:00"]),
    Row(schedule: "@yearly", after: "2026-01-01 00:00:00", times: ["2027-01-01 00:00:00"]),
    Row(schedule: "@weekly", after: "2026-01-01 00:00:00", times: ["2026-01-04 00:00:00"]),
    Row(schedule: "@monthly", after: "2026-01-01 00:00:00", times: ["2026-02-01 00:00:00"]),
    Row(schedule: "@Hourly", after: "2026-01-01 00:30:00", times: ["2026-01-01 01:00:00"]),
    Row(schedule: "0 0 * * 7", after: "2026-01-01 00:00:00", times: ["2026-01-04 00:00:00"]),
    Row(
      schedule: "0 22-23,0-1 * * *", after: "2026-01-01 01:30:00",
      times: ["2026-01-01 22:00:00", "2026-01-01 23:00:00", "2026-01-02 00:00:00"]),
    // Before 1970.
    Row(schedule: "@daily", after: "1931-12-31 12:00:00", times: ["1932-01-01 00:00:00"]),
  ])
  func whatIsWrittenComes(_ row: Row) throws {
    #expect(try times(row.schedule, row.zone, after: row.after, row.times.count) == row.times)
  }

  /// Local times with their offsets, in minutes.
  @Test(arguments: [
    // Forward: 02:00 to 03:00 is not there on 2026-03-29.
    Row(
      schedule: "30 2 * * *", zone: "Europe/Berlin", after: "2026-03-28 12:00:00",
      times: ["2026-03-29 03:00:00 +120", "2026-03-30 02:30:00 +120"]),
    Row(
      schedule: "0,30 2,3 * * *", zone: "Europe/Berlin", after: "2026-03-28 12:00:00",
      times: ["2026-03-29 03:00:00 +120", "2026-03-29 03:30:00 +120", "2026-03-30 02:00:00 +120"]),
    Row(
      schedule: "*/30 2 * * *", zone: "Europe/Berlin", after: "2026-03-28 12:00:00",
      times: ["2026-03-30 02:00:00 +120"]),
    Row(
      schedule: "0 * * * *", zone: "Europe/Berlin", after: "2026-03-29 00:30:00",
      times: ["2026-03-29 01:00:00 +60", "2026-03-29 03:00:00 +120"]),
    // Backward: 02:00 to 03:00 comes twice on 2026-10-25.
    Row(
      schedule: "30 2 * * *", zone: "Europe/Berlin", after: "2026-10-24 12:00:00",
      times: ["2026-10-25 02:30:00 +120", "2026-10-26 02:30:00 +60"]),
    Row(
      schedule: "0 3 * * *", zone: "Europe/Berlin", after: "2026-10-24 12:00:00",
      times: ["2026-10-25 03:00:00 +60"]),
    Row(
      schedule: "30 * * * *", zone: "Europe/Berlin", after: "2026-10-25 01:00:00",
      times: ["2026-10-25 01:30:00 +120", "2026-10-25 02:30:00 +120", "2026-10-25 02:30:00 +60"]),
    // Half an hour.
    Row(
      schedule: "15 2 * * *", zone: "Australia/Lord_Howe", after: "2026-10-03 12:00:00",
      times: ["2026-10-04 02:30:00 +660", "2026-10-05 02:15:00 +660"]),
    Row(
      schedule: "45 1 * * *", zone: "Australia/Lord_Howe", after: "2026-04-04 12:00:00",
      times: ["2026-04-05 01:45:00 +660", "2026-04-06 01:45:00 +630"]),
    // At midnight, so that a day begins at one.
    Row(
      schedule: "@daily", zone: "America/Asuncion", after: "2023-09-30 12:00:00",
      times: ["2023-10-01 01:00:00 -180", "2023-10-02 00:00:00 -180"]),
    // A whole day that never was: a correction, nothing is made up for.
    Row(
      schedule: "0 12 * * *", zone: "Pacific/Apia", after: "2011-12-29 00:00:00",
      times: ["2011-12-29 12:00:00 -600", "2011-12-31 12:00:00 +840"]),
    // Three hours are one too.
    Row(
      schedule: "0 3 * * *", zone: "Antarctica/Casey", after: "2009-10-17 12:00:00",
      times: ["2009-10-18 05:00:00 +660"].map { _ in "2009-10-19 03:00:00 +660" }),
    // By the rule alone, long after the last line of the table.
    Row(
      schedule: "30 2 * * *", zone: "Europe/Berlin", after: "2391-03-24 12:00:00",
      times: ["2391-03-25 02:30:00 +60"]),
  ])
  func clocksThatChange(_ row: Row) throws {
    let found = try times(row.schedule, row.zone, after: row.after, row.times.count, offset: true)
    #expect(found == row.times)
  }

  private func times(
    _ text: String, _ name: String, after: String, _ count: Int, offset: Bool = false
  ) throws -> [String] {
    let zone = try ZoneFile.parse(try #require(ZoneData.bytes(name)), name: name)
    guard case .calendar(let schedule) = try Schedule.parse(text) else { return [] }
    var time = CivilTime(after).instant(in: zone)
    return (0..<count).compactMap { _ in
      guard let next = schedule.next(after: time, in: zone) else { return nil }
      time = next
      let east = zone.offset(at: next)
      let sign = east < 0 ? "" : "+"
      return CivilTime(seconds: next + east).text + (offset ? " \(sign)\(east / 60)" : "")
    }
  }

  @Test(arguments: [
    ("* * * *", 0, "4 fields; write five (minute, hour, day of the month, month, day of the week)"),
    ("* * * * * php artisan x", 14, "8 fields, of which six at most are the schedule"),
    ("60 * * * *", 0, "'60' is no minute; write 0 to 59"),
    ("* 24 * * *", 2, "'24' is no hour; write 0 to 23"),
    ("* * 0 * *", 4, "'0' is no day of the month; write 1 to 31"),
    ("* * * 13 *", 6, "'13' is no month; write 1 to 12 or jan to dec"),
    ("* * * * 8", 8, "'8' is no day of the week; write 0 to 7 or sun to sat"),
    ("* * * * tus", 8, "'tus' is no day of the week; write 0 to 7 or sun to sat, here tue?"),
    ("61 * * * * *", 0, "'61' is no second; write 0 to 59"),
    ("1,,2 * * * *", 2, "there is nothing for the minute here; write 0 to 59, or *"),
    ("-5 * * * *", 0, "there is nothing for the minute here; write 0 to 59, or *"),
    ("1-2-3 * * * *", 4, "'1-2-3' is no range; write one like 1-5"),
    ("* 22-2 * * *", 2, "'22-2' runs backwards; write 22-23,0-2"),
    ("* * * * sat-mon", 8, "'sat-mon' runs backwards; write 6-6,0-1"),
    ("*/0 * * * *", 2, "'0' is no step; write a number from 1 up"),
    ("*/x * * * *", 2, "'x' is no step; write a number from 1 up"),
    ("*/5/5 * * * *", 4, "a second step in '*/5/5'; write one like */5"),
    (
      "*/90 * * * *", 2,
      "a step of 90 leads out of the minute, 0 to 59, and would leave 0 alone; "
        + "write 0, or @every with a duration"
    ),
    ("*5 * * * *", 0, "'*5' is no minute; write 0 to 59"),
    ("0 0 ? * *", 4, "'?' is Quartz's; write *"),
    ("H 0 * * *", 0, "crontab knows no 'H'; write a number, and jitter= to spread it"),
    ("0 0 L * *", 4, "'L' is no day of the month; write 1 to 31"),
    (
      "0 0 30 2 *", 4,
      "there is no day 30 in month 2, so it would never run; write days that the month has"
    ),
    ("@dayly", 0, "unknown macro '@dayly'; did you mean '@daily'?"),
    ("@x", 0, "unknown macro '@x'; the macros are @yearly, @annually, @monthly, @weekly, "),
    ("@daily 5", 7, "@daily stands alone; leave out what follows it"),
    ("@every", 6, "@every takes one duration; write one like @every 30s"),
    ("@every 5 m", 9, "@every takes one duration; write one like @every 30s"),
    ("@every soon", 7, "not a valid duration: 'soon'; write one like 10s, 500ms or 1h30m"),
    ("@every 10ms", 7, "nothing is run more often than once a second; write 1s"),
    ("99999999999999999999 * * * *", 0, "'99999999999999999999' is no minute; write 0 to 59"),
  ])
  func whatIsWrongIsSaidWithItsPlace(_ text: String, _ offset: Int, _ reason: String) {
    let problem = #expect(throws: ScheduleProblem.self) { try Schedule.parse(text) }
    #expect(problem?.offset == offset)
    #expect(problem?.reason.hasPrefix(reason) == true, "\(problem?.reason ?? "")")
  }

  @Test func intervalsAndTheStartNeedNoClock() throws {
    #expect(try Schedule.parse(" @every  1h30m ") == .every(.seconds(5400)))
    #expect(try Schedule.parse("@reboot") == .once)
  }

  /// Whatever is written, it is read or refused, and what is read comes or never will.
  @Test func damagedSchedulesDoNoHarm() {
    let seeds = [
      "*/15 0-6,22 1,15 jan-mar mon", "30 */2 * * * *", "@every 1h30m", "@daily", "0 0 29 2 *",
    ]
    var random = SplitMix64(seed: 7)
    var read = 0
    for round in 0..<20_000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0...(round % 3) { Mutation.apply(to: &bytes, &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      guard case .calendar(let schedule)? = try? Schedule.parse(text) else { continue }
      read += 1
      let next = schedule.next(after: 1_000_000_000, in: .utc)
      #expect(next.map { $0 > 1_000_000_000 } == true)
    }
    #expect(read > 200)
  }
}

/// `2026-03-29 02:30:00`.
struct CivilTime {
  var seconds: Int64

  init(seconds: Int64) { self.seconds = seconds }

  init(_ text: String) {
    let parts = text.split { "- :".contains($0) }.compactMap { Int($0) }
    let days = CivilDate(year: Int64(parts[0]), month: parts[1], day: parts[2]).days
    seconds = days * 86_400 + Int64(parts[3] * 3600 + parts[4] * 60 + parts[5])
  }

  /// For times that are there once.
  func instant(in zone: TimeZone) -> Int64 { seconds - zone.offset(at: seconds - 12 * 3600) }

  var text: String {
    let (day, second) = seconds.dividedDown(by: 86_400)
    let date = CivilDate(days: day)
    let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.year)-\(two(Int64(date.month)))-\(two(Int64(date.day))) "
      + "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
  }
}
