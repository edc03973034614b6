import ProgramSpec
import SuperviseCore
import Testing

/// A start for which the host environment has no process left, as while another program's fork bomb
/// runs: it says nothing about the program, and never makes it FATAL.
@Suite struct ShortageTests {
  private static let shortage = SpawnFailure(
    kind: .shortage, text: "Too many processes in process table to spawn 'p'")

  private func delays(_ bench: Bench) -> [Duration] {
    bench.effects.compactMap { effect in
      guard case .record(let record) = effect,
        case .restartScheduled(let delay, _) = record.happening
      else { return nil }
      return delay
    }
  }

  @Test func theDelayGrowsToTenSecondsWithoutEnd() {
    var bench = Bench { $0.restart.startRetries = 0 }
    bench.spawnFailure = Self.shortage
    bench.feed(.began)
    bench.pass(.seconds(100))
    #expect(delays(bench) == ((1...10) + [10, 10, 10, 10, 10]).map { .seconds($0) })
    #expect(bench.state() == .backoff && bench.fleet.snapshot(of: InstanceID(0)).tries == 0)
    bench.spawnFailure = nil
    bench.pass(.seconds(11))
    #expect(bench.state() == .running)
  }

  @Test func failuresOfTheProgramCountAsBefore() {
    var bench = Bench { $0.restart.startRetries = 1 }
    bench.feed(.began)
    bench.exit(0, .code(1))
    bench.spawnFailure = Self.shortage
    bench.pass(.seconds(5))
    bench.spawnFailure = SpawnFailure(kind: .noFile, text: "can't find command")
    bench.pass(.seconds(5))
    #expect(bench.state() == .fatal)
  }

  /// Where there is a process, but no memory to execute the command, or a limit of the user's
  /// processes does not admit it.
  private static let atExec = SpawnFailure(kind: .shortage, text: "couldn't exec p: EAGAIN")

  @Test func aProcessThatCannotExecuteIsNoFailureOfTheProgramEither() {
    var bench = Bench {
      $0.restart.startRetries = 0
      $0.restart.startSeconds = .seconds(1)
    }
    bench.feed(.began)
    for delay in 1...11 {
      bench.feed(.spawnFailed(InstanceID(0), Self.atExec))
      #expect(bench.state() == .backoff && delays(bench).last == .seconds(min(delay, 10)))
      bench.pass(.seconds(10))
      #expect(bench.state() == .running || bench.state() == .starting)
    }
    #expect(bench.fleet.snapshot(of: InstanceID(0)).tries == 0)
    bench.exit(0, .code(1))
    #expect(bench.state() == .fatal, "a failure of the program's own")
  }

  @Test func aHookWaitsUntilItsCommandCanBeExecuted() {
    var configuration = Configuration()
    configuration.units = [.hook("h") { $0.retries = 0 }]
    var bench = Bench(configuration)
    bench.feed(.began)
    for delay in 1...10 {
      bench.feed(.spawnFailed(InstanceID(0), Self.atExec))
      #expect(bench.state() == .retrying && delays(bench).last == .seconds(delay))
      bench.pass(.seconds(delay))
      #expect(bench.state() == .running)
    }
    bench.feed(.spawnFailed(InstanceID(0), Self.atExec))
    #expect(bench.state() == .failed, "after 55 s")
  }

  /// A process that has run ends the shortage.
  @Test func theNextShortageBeginsWithTheFirstDelay() {
    var bench = Bench { $0.restart.startRetries = 5 }
    bench.spawnFailure = Self.shortage
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.spawnFailure = nil
    bench.pass(.seconds(10))
    #expect(bench.state() == .running)
    bench.forget()
    bench.spawnFailure = Self.shortage
    bench.exit(0, .code(1))
    #expect(delays(bench) == [.seconds(1)])
  }

  @Test func theConfiguredDelayApplies() {
    var bench = Bench {
      $0.restart.startRetries = 0
      $0.restart.delay = RestartDelay(initial: .seconds(3))
    }
    bench.spawnFailure = Self.shortage
    bench.feed(.began)
    bench.pass(.seconds(40))
    #expect(delays(bench) == [3, 6, 12, 24].map { .seconds($0) })
  }

  @Test func noShortageUsesUpTheRestartLimit() {
    var bench = Bench { $0.restart.limit = RestartLimit(count: 2, window: .seconds(600)) }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.spawnFailure = Self.shortage
    bench.exit(0, .code(1))
    bench.pass(.seconds(60))
    #expect(bench.state() == .backoff)
    bench.spawnFailure = nil
    bench.pass(.seconds(12))
    bench.exit(0, .code(1))
    #expect(bench.state() == .starting)
    bench.pass(.seconds(2))
    bench.exit(0, .code(1))
    #expect(bench.state() == .fatal, "the third restart for the program's own reason")
  }

  private func hook(_ change: (inout Hook) -> Void = { _ in }) -> Bench {
    var configuration = Configuration()
    configuration.units = [.hook("h", change)]
    var bench = Bench(configuration)
    bench.spawnFailure = Self.shortage
    bench.feed(.began)
    return bench
  }

  @Test func aHookWaitsForAProcess() {
    var bench = hook()
    bench.pass(.seconds(5))
    #expect(bench.state() == .retrying && delays(bench) == [1, 2, 3].map { .seconds($0) })
    bench.spawnFailure = nil
    bench.pass(.seconds(2))
    #expect(bench.state() == .running)
    bench.exit(0, .code(0))
    #expect(bench.state() == .succeeded)
  }

  @Test func aHookDoesNotWaitWithoutEnd() {
    var bench = hook()
    bench.pass(.seconds(54))
    #expect(bench.state() == .retrying)
    bench.pass(.seconds(1))
    #expect(bench.state() == .failed && bench.spawns == 11)
  }

  /// What the hook has attempted by itself is counted apart from that.
  @Test func retriesOfAHookAreNotUsedUp() {
    var bench = hook {
      $0.retries = 1
      $0.retryDelay = .seconds(1)
    }
    bench.pass(.seconds(2))
    bench.spawnFailure = nil
    bench.pass(.seconds(1))
    bench.exit(0, .code(1))
    #expect(bench.state() == .retrying)
    bench.pass(.seconds(1))
    bench.exit(0, .code(1))
    #expect(bench.state() == .failed)
  }

  /// The spawn of a run is still queued when the shutdown begins.
  @Test func aShutdownBeginsNoRunOfACron() throws {
    var configuration = try CronBench.configuration("* * * * *", .utc) { _ in }
    configuration.units.append(.hook("h") { $0.stage = .stop })
    var cron = CronBench(configuration, startingAt: 0)
    cron.bench.queuesSpawns = true
    cron.pass(.seconds(60))
    cron.bench.spawnFailure = Self.shortage
    cron.bench.feed(.signalled(.terminate))
    cron.bench.launch()
    #expect(cron.bench.state() == .failed && cron.bench.state(1) == .failed)
    cron.pass(.seconds(60))
    #expect(cron.bench.spawned.filter { $0 == 0 } == [0])
  }

  /// The programs are stopped only after the stop hooks, and one of them may have used it all up.
  @Test func aStopHookDoesNotWaitForIt() {
    var configuration = Configuration()
    configuration.units = [.program("p"), .hook("h") { $0.stage = .stop }]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.spawnFailure = Self.shortage
    bench.feed(.signalled(.terminate))
    #expect(bench.state(1) == .failed && bench.state() == .stopping)
  }

  @Test func aShutdownDoesNotWaitForIt() {
    var bench = Bench { _ in }
    bench.spawnFailure = Self.shortage
    bench.feed(.began)
    bench.feed(.signalled(.terminate))
    #expect(bench.state() == .fatal)
  }
}
