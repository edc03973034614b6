import ProgramSpec
import SuperviseCore
import Testing

/// A run of a cron that SIGKILL does not end.
@Suite struct UnkillableRunTests {
  @Test func aRunThatSIGKILLDoesNotEndGoesOn() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.timeout = .seconds(40) }
    bench.pass(.seconds(190))
    #expect(bench.elapsed == [60] && bench.skips == [.stillRunning, .stillRunning])
    #expect(bench.bench.state() == .stopping && bench.bench.abandoned.count == 1)
    bench.bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.bench.state() == .failed)
    bench.pass(.seconds(50))
    #expect(bench.elapsed == [60, 240])
  }

  @Test func oneRunWaitsForARunThatSIGKILLDoesNotEnd() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) {
      $0.overlap = .queue
      $0.timeout = .seconds(40)
    }
    bench.pass(.seconds(190))
    #expect(bench.elapsed == [60] && bench.skips == [.stillRunning])
    bench.bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.elapsed == [60, 190])
  }

  @Test func noMoreRunsThanAllowedAreNotEndedBySIGKILL() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) {
      $0.overlap = .allow
      $0.timeout = .seconds(40)
    }
    bench.pass(.seconds(540))
    #expect(bench.elapsed.count == 8 && bench.skips == [.tooManyRuns(8)])
    bench.bench.exit(3, .signal(9, coreDumped: false))
    bench.pass(.seconds(60))
    #expect(bench.elapsed.count == 9)
  }

  /// A run that is stopped on request is abandoned, so that the next one may begin.
  @Test func aStopDoesNotWaitForARunThatSIGKILLHasNotEnded() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.timeout = .seconds(40) }
    bench.pass(.seconds(110))
    bench.ask(.stop(["c"], crons: true))
    #expect(bench.bench.answers == [.stopped(InstanceID(0)), .end])
    #expect(bench.bench.state() == .stopped && bench.bench.abandoned.count == 1)
    #expect(bench.bench.effects.contains(.abandonProcess(InstanceID(0))))
    bench.pass(.seconds(10))
    #expect(bench.elapsed == [60, 120])
  }

  @Test func aShutdownDoesNotWaitForARunThatSIGKILLHasNotEnded() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.timeout = .seconds(40) }
    bench.pass(.seconds(110))
    bench.bench.feed(.signalled(.terminate))
    #expect(bench.bench.state() == .stopped && bench.bench.abandoned.count == 1)
    #expect(bench.bench.effects.contains(.flushOutput))
  }

  /// At 15 s the run of 10 s still waits in the queue.
  @Test func aRunThatIsDueAtTheTimeOfTheAbandonmentIsQueued() throws {
    var bench = try CronBench("*/5 * * * * *", .utc, startingAt: 0) { $0.overlap = .queue }
    bench.pass(.seconds(5))
    bench.ask(.stop(["c"], crons: true))
    bench.pass(.seconds(10))
    #expect(bench.elapsed == [5, 15])
    bench.bench.exit(0, .code(0))
    #expect(bench.elapsed == [5, 15, 15])
  }

  /// Neither the run of 10 s, which waits in the queue, nor the one of 15 s can begin: `p` does not
  /// run. None of them waits for the end of a later run.
  @Test func runsThatAreBlockedAtTheTimeOfTheAbandonmentAreSkipped() throws {
    var configuration = try CronBench.configuration("*/5 * * * * *", .utc) { $0.overlap = .queue }
    configuration.units.insert(.program("p"), at: 0)
    configuration.units[1].dependsOn = ["p"]
    var bench = CronBench(configuration, startingAt: 0)
    bench.pass(.seconds(5))
    bench.ask(.stop(["c"], crons: true))
    bench.pass(.seconds(7))
    bench.ask(.stop(["p"]))
    bench.bench.exit(0)
    bench.pass(.seconds(3))
    #expect(bench.skips == [.heldUp(by: NodeID(0)), .heldUp(by: NodeID(0))])
    bench.ask(.start(["p"]))
    bench.pass(.seconds(5))
    bench.bench.exit(1)
    #expect(bench.scheduled == [5, 20])
    #expect(bench.bench.fleet.violations() == [])
  }
}
