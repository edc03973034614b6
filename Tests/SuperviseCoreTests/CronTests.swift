import ProgramSpec
import SuperviseCore
import Testing

/// Crons on the bench: what becomes of runs that meet, and how they end.
@Suite struct CronTests {
  @Test func jitterSpreadsAndLosesNothing() throws {
    var bench = try CronBench("*/10 * * * *", .utc, startingAt: 0) { $0.jitter = .seconds(60) }
    bench.bench.endsAtOnce = true
    bench.pass(.seconds(86_400))
    let delays = bench.elapsed.map { $0 % 600 }
    #expect((143...144).contains(delays.count))
    #expect(delays.allSatisfy { $0 <= 60 })
    #expect(Set(delays).count > 20)
    #expect(bench.scheduled.prefix(143) == (1...143).map { Int64($0 * 600) }[...])
  }

  @Test(arguments: [
    (Cron.Overlap.skip, [60, 180], [SkipReason.stillRunning]), (.allow, [60, 120, 180], []),
  ])
  func runsThatMeet(_ overlap: Cron.Overlap, _ runs: [Int64], _ skips: [SkipReason]) throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.overlap = overlap }
    bench.pass(.seconds(150))
    bench.bench.exit(0)
    bench.pass(.seconds(60))
    #expect(bench.elapsed == runs)
    #expect(bench.skips == skips)
  }

  @Test func moreThanOneIsNotQueued() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.overlap = .queue }
    bench.pass(.seconds(240))
    #expect(bench.elapsed == [60])
    #expect(bench.skips == [.stillRunning, .stillRunning])
    bench.bench.exit(0)
    #expect(bench.scheduled == [60, 120])
    bench.bench.exit(0)
    bench.pass(.seconds(60))
    #expect(bench.scheduled == [60, 120, 300])
  }

  @Test func noMoreThanEightRunAtOnce() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.overlap = .allow }
    bench.pass(.seconds(600))
    #expect(bench.elapsed.count == Cron.mostRuns)
    #expect(bench.skips == [.tooManyRuns(8), .tooManyRuns(8)])
    bench.bench.exit(3)
    bench.pass(.seconds(60))
    #expect(bench.elapsed.count == 9)
    #expect(bench.bench.fleet.snapshot(of: InstanceID(0)).cron?.runs == 9)
  }

  @Test func aRunThatTakesTooLongIsEndedAndTriedAgain() throws {
    var bench = try CronBench("0 * * * *", .utc, startingAt: 3540) {
      $0.timeout = .seconds(10)
      $0.retries = 1
      $0.retryDelay = .seconds(3)
    }
    bench.pass(.seconds(70))
    #expect(bench.bench.signals == [.terminate])
    bench.pass(.seconds(5))
    #expect(bench.bench.signals == [.terminate, .kill])
    bench.bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.bench.state() == .retrying)
    bench.pass(.seconds(3))
    bench.bench.exit(0, .code(1))
    #expect(bench.bench.moves() == [.running, .stopping, .retrying, .running, .failed])
    #expect(bench.elapsed == [60])
    let cron = bench.bench.fleet.snapshot(of: InstanceID(0)).cron
    #expect(cron?.lastResult == .failed)
    #expect(cron?.next == 7200)
    #expect(bench.bench.exitCode == nil)
  }

  @Test func aCommandThatIsNotThereFailsAndComesAgain() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0)
    bench.bench.spawnFailure = SpawnFailure(kind: .noFile, text: "can't find command 'x'")
    bench.pass(.seconds(120))
    #expect(bench.elapsed == [60, 120])
    #expect(bench.bench.state() == .failed)
    bench.ask(.start(["c"], crons: true))
    #expect(
      bench.bench.answers == [.fault(name: "c", .spawnError, isGroup: false), .end])
  }

  @Test func itIsRunAndStoppedByHand() throws {
    var bench = try CronBench("@daily", .utc, startingAt: 0)
    bench.ask(.start(["c"]))
    bench.ask(.start(["c"], crons: true))
    bench.ask(.start(["c"], crons: true))
    bench.ask(.stop(["c"], crons: true))
    bench.bench.exit(0, .signal(15, coreDumped: false))
    bench.ask(.stop(["c"], crons: true))
    let fault = { (fault: Fault) in Answer.fault(name: "c", fault, isGroup: false) }
    #expect(
      bench.bench.answers == [
        fault(.badName), .end, .started(InstanceID(0)), .end, fault(.alreadyStarted), .end,
        .stopped(InstanceID(0)), .end, fault(.notRunning), .end,
      ])
    bench.pass(.seconds(86_400))
    #expect(bench.elapsed == [0, 86_400])
    #expect(bench.scheduled == [86_400])
  }

  @Test func itWaitsForTheStartAndForWhatItDependsOn() throws {
    var configuration = try CronBench.configuration("* * * * *", .utc) { _ in }
    configuration.units.insert(.program("p"), at: 0)
    configuration.units[1].dependsOn = ["p"]
    var bench = CronBench(configuration, startingAt: 59)
    bench.bench.endsAtOnce = false
    bench.pass(.seconds(2))
    // Its minute came while the program was still starting.
    #expect(bench.elapsed == [])
    bench.pass(.seconds(60))
    #expect(bench.elapsed == [61])
    bench.bench.exit(1)
    bench.ask(.stop(["p"]))
    bench.bench.exit(0)
    bench.pass(.seconds(60))
    #expect(bench.elapsed == [61])
    #expect(bench.skips == [.heldUp(by: NodeID(0))])
    #expect(bench.bench.fleet.violations() == [])
  }

  /// The queued run begins as soon as the stop is over, and is what the restart asks for.
  @Test func aRestartMeetsAQueuedRun() throws {
    var bench = try CronBench("* * * * *", .utc, startingAt: 0) { $0.overlap = .queue }
    bench.pass(.seconds(118))
    bench.ask(.restart(["c"], crons: true))
    bench.pass(.seconds(3))
    bench.bench.exit(0, .signal(9, coreDumped: false))
    let id = InstanceID(0)
    #expect(bench.bench.answers == [.stopped(id), .started(id), .end])
    #expect(bench.elapsed == [60, 121])
  }

  @Test func aStartWithoutWaitingIsAnsweredImmediately() throws {
    var bench = try CronBench("@every 1h", .utc, startingAt: 0)
    bench.ask(.start(["c"], waits: false, crons: true))
    #expect(bench.bench.answers == [.started(InstanceID(0)), .end])
    #expect(bench.bench.pids.count == 1)
  }

  @Test(arguments: [Supervisor.ShutdownOrder.graph, .serial, .parallel])
  func aShutdownEndsTheRunAndNoneComesAfter(_ order: Supervisor.ShutdownOrder) throws {
    var configuration = try CronBench.configuration("* * * * *", .utc) { $0.retries = 5 }
    configuration.supervisor.shutdownOrder = order
    var bench = CronBench(configuration, startingAt: 0)
    bench.pass(.seconds(60))
    bench.bench.feed(.signalled(.terminate))
    #expect(bench.bench.signals == [.terminate])
    bench.pass(.seconds(5))
    #expect(bench.bench.signals == [.terminate, .kill])
    bench.bench.exit(0, .signal(9, coreDumped: false))
    bench.bench.feed(.outputFlushed)
    bench.bench.feed(.childless)
    bench.pass(.seconds(600))
    #expect(bench.elapsed == [60])
    #expect(bench.bench.exitCode == 0)
    #expect(bench.bench.fleet.nextDeadline == nil)
  }

  @Test func inCommandModeNothingRuns() throws {
    var configuration = try CronBench.configuration("* * * * *", .utc) { _ in }
    configuration.units.append(.program("p"))
    var bench = Bench(configuration, mode: .command(unit: 1, withSteps: true))
    bench.feed(.began)
    bench.pass(.seconds(600))
    #expect(bench.pids.count == 1)
  }
}
