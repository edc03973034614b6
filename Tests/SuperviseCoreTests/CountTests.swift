import ProgramSpec
import SuperviseCore
import Testing

/// What is counted for metrics: restarts by cause, the moment of readiness, runs of crons.
@Suite struct CountTests {
  private func counts(_ bench: Bench) -> [RestartCause: Int] {
    let counts = bench.fleet.snapshot(of: InstanceID(0)).restartCounts ?? RestartCounts()
    return RestartCause.allCases.reduce(into: [:]) { found, cause in
      if counts[cause] > 0 { found[cause] = counts[cause] }
    }
  }

  private func running(_ change: (inout Program) -> Void = { _ in }) -> Bench {
    var bench = Bench(change)
    bench.feed(.began)
    bench.pass(.seconds(2))
    return bench
  }

  @Test func theFirstStartIsNoRestart() {
    #expect(counts(running()).isEmpty)
  }

  @Test func exitsAndFailedStartsAreTwoCauses() {
    var bench = running { $0.restart.automatic = .always }
    bench.exit()
    #expect(counts(bench) == [.exit: 1])
    bench.exit(0, .code(1))
    bench.pass(.seconds(5))
    #expect(counts(bench) == [.exit: 1, .failedStart: 1])
  }

  @Test func aDelayedRestartIsCountedWhenItComes() {
    var bench = running {
      $0.restart.automatic = .always
      $0.restart.delay = RestartDelay(initial: .seconds(5))
    }
    bench.exit()
    #expect(counts(bench).isEmpty)
    bench.pass(.seconds(6))
    #expect(counts(bench) == [.exit: 1])
  }

  @Test func aStartByHandForgetsTheHistoryButNoCount() {
    var bench = running { $0.restart.automatic = .always }
    bench.exit()
    bench.pass(.seconds(2))
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.exit()
    bench.feed(.asked(AskID(2), .start(["p"])))
    #expect(bench.fleet.snapshot(of: InstanceID(0)).restarts == 0)
    #expect(counts(bench) == [.exit: 1, .byHand: 1])
  }

  @Test func renewalsAreCountedByTheirReason() {
    var bench = running {
      $0.memoryLimit = 1 << 20
      $0.maximumUptime = .seconds(100)
    }
    bench.feed(.outgrew(InstanceID(0), bytes: 2 << 20))
    #expect(counts(bench).isEmpty)
    bench.exit()
    #expect(counts(bench) == [.memoryLimit: 1])
    bench.pass(.seconds(101))
    bench.exit()
    #expect(counts(bench) == [.memoryLimit: 1, .maximumUptime: 1])
  }

  @Test func oneThatMayNotBeStartedAgainIsNotCounted() {
    var bench = running {
      $0.restart.automatic = .always
      $0.restart.limit = RestartLimit(count: 1, window: .seconds(60))
    }
    bench.exit()
    bench.pass(.seconds(2))
    bench.exit()
    #expect(bench.state() == .fatal)
    #expect(counts(bench) == [.exit: 1])
  }

  @Test func readinessHasItsMoment() {
    var bench = Bench { $0.restart.startSeconds = .seconds(3) }
    bench.feed(.began)
    #expect(bench.fleet.snapshot(of: InstanceID(0)).readyAt == nil)
    #expect(bench.fleet.awaited == [InstanceID(0)])
    #expect(!bench.fleet.isReady)
    bench.pass(.seconds(4))
    let snapshot = bench.fleet.snapshot(of: InstanceID(0))
    #expect(snapshot.readyAt == snapshot.startedAt?.advanced(by: .seconds(3)))
    #expect(bench.fleet.isReady && bench.fleet.awaited.isEmpty)
    bench.feed(.signalled(.terminate))
    #expect(!bench.fleet.isReady)
  }
}
