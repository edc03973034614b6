import Support
import Testing

@testable import ProgramSpec

/// The time zone data of the machine, rules written by hand, and files that are none.
@Suite struct ZoneTests {
  private func zone(_ name: String) throws -> TimeZone {
    try ZoneFile.parse(try #require(ZoneData.bytes(name)), name: name)
  }

  @Test(
    arguments: [
      ("Europe/Berlin", "2026-01-01 00:00:00", 3600),
      ("Europe/Berlin", "2026-07-01 00:00:00", 7200),
      ("Europe/Berlin", "2060-07-01 00:00:00", 7200),
      ("Europe/Berlin", "1800-07-01 00:00:00", 3208),
      ("America/New_York", "2026-07-01 00:00:00", -14_400),
      ("Asia/Kathmandu", "2026-07-01 00:00:00", 20_700),
      // Winter is the time that is put back.
      ("Europe/Dublin", "2045-01-01 00:00:00", 0), ("Europe/Dublin", "2045-07-01 00:00:00", 3600),
      // Southern: daylight saving lies over the turn of the year.
      ("Australia/Lord_Howe", "2050-01-01 00:00:00", 39_600),
      ("Australia/Lord_Howe", "2050-07-01 00:00:00", 37_800),
      // Ramadan.
      ("Africa/Casablanca", "2026-03-01 00:00:00", 0),
      ("Africa/Casablanca", "2026-07-01 00:00:00", 3600),
      ("Africa/Casablanca", "2200-01-01 00:00:00", 3600), ("UTC", "2026-01-01 00:00:00", 0),
    ] as [(String, String, Int64)])
  func offsets(_ name: String, _ time: String, _ offset: Int64) throws {
    #expect(try zone(name).offset(at: CivilTime(time).seconds) == offset)
  }

  /// What the table says of the years to come, the rule says as well.
  @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"])
  func theRuleContinuesTheTable(_ name: String) throws {
    let whole = try zone(name)
    let cut = CivilTime("2024-01-01 00:00:00").seconds
    let short = TimeZone(
      name: name, initialOffset: whole.initialOffset,
      transitions: whole.transitions.filter { $0.at < cut }, rule: whole.rule)
    let times = (Int64(0)..<(365 * 12)).map { cut + $0 * 86_400 }
    #expect(times.first { short.span(at: $0) != whole.span(at: $0) } == nil)
  }

  @Test(
    arguments: [
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 00:00:00", 7200),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-12-01 00:00:00", 3600),
      ("EST5EDT", "2026-07-01 00:00:00", -14_400), ("<-03>3", "2026-07-01 00:00:00", -10_800),
      ("NZST-12NZDT,J300,J60/3:30:15", "2026-01-01 00:00:00", 46_800),
      ("AAA3BBB,59,299", "2026-03-02 00:00:00", -7200),
      ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-01 00:00:00", -3600),
      // Daylight saving all the year round (RFC 8536, 3.3.1).
      ("XXX3EDT4,0/0,J365/23", "2026-01-01 03:30:00", -14_400),
      ("XXX3EDT4,0/0,J365/23", "2026-07-01 00:00:00", -14_400),
    ] as [(String, String, Int64)])
  func rulesByHand(_ text: String, _ time: String, _ offset: Int64) throws {
    let rule = try #require(ZoneRule.parse(text))
    let zone = TimeZone(name: text, rule: rule)
    #expect(zone.offset(at: CivilTime(time).seconds) == offset)
  }

  /// Daylight saving that begins and ends at the same moment: all the year round, and never.
  @Test(
    arguments: [
      ("XXX3EDT4,0/0,J365/23", -14_400), ("EST5EDT,0/0,J365/25", -14_400),
      ("AAA0BBB,M1.5.0,M1.5.0/3", 0), ("AAA0BBB,J60/5,J60/6", 0),
    ] as [(String, Int64)])
  func aRuleThatChangesNothing(_ text: String, _ offset: Int64) throws {
    let zone = TimeZone(name: text, rule: try #require(ZoneRule.parse(text)))
    for year in 1960...2060 {
      let time = CivilTime("\(year)-01-31 02:00:00").seconds
      #expect(zone.span(at: time) == TimeZone.Span(offset: offset))
    }
  }

  /// The daylight saving time is the standard time: each year would begin a span like the last one.
  @Test func aRuleOfOneOffsetEndsNoSpan() throws {
    let rule = try #require(ZoneRule.parse("AAA-10BBB-10,M12.1.0,M4.1.0"))
    let zone = TimeZone(
      name: "Z", initialOffset: 0, transitions: [.init(at: 0, offset: 39_600)], rule: rule)
    let span = zone.span(at: 1_700_000_000)
    #expect(span == TimeZone.Span(start: 0, offset: 39_600, previousOffset: 0))
  }

  /// January has four Sundays or five, and only leap years have a day 60 that is no 1st of March.
  @Test(arguments: [
    "AAA1BBB,M1.4.0,M1.5.0/3", "AAA0BBB,59/5,J60/6", "AAA0BBB,J60/5,59/6",
    "AAA0BBB,M2.5.0/5,M2.4.0/6",
  ])
  func aRuleThatChangesNothingInSomeYears(_ text: String) throws {
    let zone = TimeZone(name: text, rule: try #require(ZoneRule.parse(text)))
    for year in 1890...2110 {
      let span = zone.span(at: CivilTime("\(year)-07-01 00:00:00").seconds)
      #expect(span.start > .min && span.end < .max)
      #expect(zone.span(at: span.start) == span)
      #expect(zone.span(at: span.end - 1) == span)
    }
  }

  /// Standard time for a day in leap years, and for a week in years in which February has five
  /// Sundays; the other years have no change.
  @Test(
    arguments: [
      ("AAA0BBB,J60/5,59/6", "2024-02-29 05:30:00", "2024-02-29 05:00:00", "2024-03-01 05:00:00"),
      ("AAA0BBB,J60/5,59/6", "1904-02-29 05:00:00", "1904-02-29 05:00:00", "1904-03-01 05:00:00"),
      (
        "AAA0BBB,M2.5.0/5,M2.4.0/6", "2032-02-22 05:30:00", "2032-02-22 05:00:00",
        "2032-02-29 05:00:00"
      ),
      (
        "AAA0BBB,M2.5.0/5,M2.4.0/6", "2128-02-29 04:59:59", "2128-02-22 05:00:00",
        "2128-02-29 05:00:00"
      ),
    ] as [(String, String, String, String)])
  func theStandardTimeOfSomeYears(
    _ text: String, _ time: String, _ start: String, _ end: String
  ) throws {
    let zone = TimeZone(name: text, rule: try #require(ZoneRule.parse(text)))
    let expected = TimeZone.Span(
      start: CivilTime(start).seconds, end: CivilTime(end).seconds, offset: 0,
      previousOffset: 3600)
    #expect(zone.span(at: CivilTime(time).seconds) == expected)
    #expect(zone.span(at: expected.start - 1).offset == 3600)
    #expect(zone.span(at: expected.start - 1).end == expected.start)
  }

  @Test(arguments: [
    "", "CET", "CE-1", "CET-25", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J60", "<CET-1",
    "CET-1CEST,M3.5.0,M10.5.0 ", "CET-1:60", "Europe/Berlin", "CET-1CEST,M3.5.0/168,M10.5.0",
  ])
  func noRules(_ text: String) {
    #expect(ZoneRule.parse(text) == nil)
  }

  @Test func filesThatAreNoneAreRefused() throws {
    let whole = try #require(ZoneData.bytes("Europe/Berlin"))
    #expect(throws: ValueProblem("is no time zone file")) {
      try ZoneFile.parse(Array("root:x:0:0:root:/root:/bin/bash\n".utf8), name: "x")
    }
    for count in [0, 3, 19, 43, 44, 100, whole.count - 1] {
      #expect(throws: ValueProblem("is damaged")) {
        try ZoneFile.parse(Array(whole[..<count]), name: "x")
      }
    }
    let leap = try #require(ZoneData.bytes("right/Europe/Berlin"))
    #expect(throws: ValueProblem("counts leap seconds; write it without right/")) {
      try ZoneFile.parse(leap, name: "x")
    }
  }

  /// A zone that could be read can be asked about any time.
  @Test func damagedFilesDoNoHarm() throws {
    let seeds = ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
    let files = try seeds.map { try #require(ZoneData.bytes($0)) }
    guard case .calendar(let schedule) = try Schedule.parse("30 2 * * *") else { return }
    var random = SplitMix64(seed: 11)
    var read = 0
    for round in 0..<8000 {
      var bytes = files[round % files.count]
      for _ in 0...(round % 4) { Mutation.apply(to: &bytes, &random) }
      guard let zone = try? ZoneFile.parse(bytes, name: "x") else { continue }
      read += 1
      for time: Int64 in [-1 << 40, 0, 1_700_000_000, 1 << 39] {
        let span = zone.span(at: time)
        #expect(span.start <= time && time < span.end)
        let next = schedule.next(after: time, in: zone)
        #expect(next.map { $0 > time } ?? true)
      }
    }
    #expect(read > 200)
  }
}
