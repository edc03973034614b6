import ProgramSpec
import SuperviseCore
import Support
import Testing

/// Crons and the clock: daylight saving, a clock that is set, a machine that was paused.
@Suite struct CronClockTests {
  struct Change: CustomTestStringConvertible, Sendable {
    var zone: String
    /// When the clocks change, in seconds since 1970, UTC.
    var at: Int64
    var testDescription: String { "\(zone) \(at)" }
  }

  static let changes = [
    Change(zone: "Europe/Berlin", at: 1_774_746_000),
    Change(zone: "Europe/Berlin", at: 1_792_890_000),
    Change(zone: "America/New_York", at: 1_772_953_200),
    Change(zone: "America/New_York", at: 1_793_512_800),
    Change(zone: "Australia/Lord_Howe", at: 1_775_314_800),
    Change(zone: "Australia/Lord_Howe", at: 1_791_041_400),
    Change(zone: "Africa/Casablanca", at: 1_771_120_800),
    Change(zone: "Africa/Casablanca", at: 1_774_144_800),
  ]

  @Test(arguments: changes) func everyMinuteOfThreeDays(_ change: Change) throws {
    let zone = try zone(change.zone)
    #expect(zone.span(at: change.at).start == change.at)
    var bench = try CronBench("* * * * *", zone, startingAt: change.at - 36 * 3600)
    bench.bench.endsAtOnce = true
    bench.pass(.seconds(72 * 3600))
    let times = bench.times
    #expect(times.count == 4320)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 60 })
    #expect(bench.scheduled == times)
  }

  @Test(arguments: changes) func onceADay(_ change: Change) throws {
    let zone = try zone(change.zone)
    let shown = change.at + zone.offset(at: change.at - 1)
    // A time that the jump leaves out, or shows twice.
    let minute =
      (shown / 60 + (zone.offset(at: change.at) > zone.offset(at: change.at - 1) ? 5 : -5))
    let text = "\(minute % 60) \(minute / 60 % 24) * * *"
    var bench = try CronBench(text, zone, startingAt: change.at - 36 * 3600)
    bench.bench.endsAtOnce = true
    bench.pass(.seconds(72 * 3600))
    #expect(bench.times.count == 3)
  }

  private func zone(_ name: String) throws -> TimeZone {
    try ZoneFile.parse(try #require(ZoneData.bytes(name)), name: name)
  }

  struct Step: CustomTestStringConvertible, Sendable {
    var schedule: String
    /// Seconds from the start on the clock as it was: the step, and what it adds.
    var after: Int64
    var step: Int64
    /// When it runs, in seconds from the start, however the clock is set.
    var runs: [Int64]
    var testDescription: String { "\(schedule), \(step) after \(after)" }
  }

  /// From 2026-01-01 12:00:00 for two hours; each entry in seconds that pass.
  @Test(arguments: [
    // Wildcards: nothing is left out, nothing comes twice, and they go on by elapsed time.
    Step(schedule: "*/30 * * * *", after: 1799, step: 2, runs: [1799, 3598, 5398, 7198]),
    Step(schedule: "*/30 * * * *", after: 1801, step: -2, runs: [1800, 3602, 5402]),
    Step(schedule: "*/30 * * * *", after: 1860, step: 600, runs: [1800, 3000, 4800, 6600]),
    Step(schedule: "*/30 * * * *", after: 1860, step: 3600, runs: [1800, 1860, 3600, 5400, 7200]),
    Step(schedule: "*/30 * * * *", after: 1860, step: -600, runs: [1800, 4200, 6000]),
    Step(schedule: "*/30 * * * *", after: 1860, step: -3600, runs: [1800, 3600, 5400, 7200]),
    Step(schedule: "*/30 * * * *", after: 1860, step: 4 * 3600, runs: [1800, 3600, 5400, 7200]),
    Step(
      schedule: "*/30 * * * *", after: 1860, step: -4 * 3600 - 600, runs: [1800, 2400, 4200, 6000]),
    // Fixed times: what is jumped over is made up for, what comes again is passed over.
    Step(schedule: "0,30 12-14 * * *", after: 1860, step: 3600, runs: [1800, 1860, 3600, 5400]),
    Step(schedule: "0,30 12-14 * * *", after: 1860, step: -600, runs: [1800, 4200, 6000]),
    Step(schedule: "0,30 12-14 * * *", after: 1860, step: -3600, runs: [1800, 7200]),
    Step(schedule: "0,30 12-14 * * *", after: 1860, step: 4 * 3600, runs: [1800]),
    Step(schedule: "0,30 12-14 * * *", after: 1860, step: -4 * 3600, runs: [1800]),
  ])
  func theClockIsSet(_ row: Step) throws {
    let noon: Int64 = 1_767_268_800
    var bench = try CronBench(row.schedule, .utc, startingAt: noon)
    bench.bench.endsAtOnce = true
    bench.pass(.seconds(row.after))
    bench.set(by: row.step)
    bench.pass(.seconds(7200 - row.after))
    #expect(bench.elapsed == row.runs)
  }

  @Test func aMachineThatWasPausedCatchesUpOnce() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0)
    bench.bench.endsAtOnce = true
    bench.bench.sleep(.seconds(600))
    #expect(bench.elapsed == [600])
    bench.pass(.seconds(120))
    #expect(bench.elapsed == [600, 660, 720])
    bench.bench.sleep(.seconds(4 * 3600))
    #expect(bench.elapsed.count == 3)
    #expect(bench.skips == [.missed])
    bench.pass(.seconds(60))
    #expect(bench.elapsed == [600, 660, 720, 15_180])
  }

  @Test func intervalsGoByElapsedTimeAlone() throws {
    var bench = try CronBench("@every 45s", .utc, startingAt: 0)
    bench.bench.endsAtOnce = true
    bench.pass(.seconds(100))
    bench.set(by: 86_400)
    bench.pass(.seconds(100))
    #expect(bench.elapsed == [45, 90, 135, 180])
    bench.bench.sleep(.seconds(130))
    bench.pass(.seconds(30))
    #expect(bench.elapsed == [45, 90, 135, 180, 330, 360])
  }

  @Test func theStartRunsOnce() throws {
    var bench = try CronBench("@reboot", .utc, startingAt: 0)
    bench.bench.exit()
    bench.pass(.seconds(1_000_000))
    #expect(bench.elapsed == [0])
    #expect(bench.bench.fleet.nextDeadline == nil)
  }
}
