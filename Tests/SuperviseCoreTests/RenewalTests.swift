import ProgramSpec
import SuperviseCore
import Testing

/// Programs that run, but not as they should: liveness, memory, age, rolling restarts.
@Suite struct RenewalTests {
  static let probe = ProbeURL.tcp(Endpoint(host: "localhost", port: 80))

  /// Running and ready, its first check due in ten seconds.
  private func checked(_ change: (inout Health) -> Void = { _ in }) -> Bench {
    var health = Health(probe: Self.probe)
    change(&health)
    var bench = Bench { $0.health = health }
    bench.feed(.began)
    bench.pass(.seconds(1))
    bench.forget()
    return bench
  }

  private func answer(_ verdict: Verdict, _ bench: inout Bench) {
    bench.pass(.seconds(10))
    #expect(bench.effects.contains(.probe(InstanceID(0), .health)))
    bench.forget()
    bench.feed(.probed(InstanceID(0), .health, verdict))
  }

  private let ill = Verdict.failed("503")
  private let well = Verdict.passed("200")

  @Test func threeFailuresInARowRestartIt() {
    var bench = checked()
    for verdict in [ill, ill, well, ill, ill] {
      answer(verdict, &bench)
      #expect(bench.state() == .running)
    }
    answer(ill, &bench)
    #expect(bench.moves() == [.stopping])
    #expect(bench.signals == [.terminate])
    bench.exit()
    #expect(bench.moves() == [.stopping, .stopped, .starting])
    #expect(bench.fleet.snapshot(of: InstanceID(0)).restarts == 1)
  }

  @Test func itIsHealthyAgainAfterTwoGoodChecks() {
    var bench = checked { $0.onUnhealthy = .ignore }
    for _ in 0..<3 { answer(ill, &bench) }
    for (verdict, isHealthy) in [(well, false), (ill, false), (well, false), (well, true)] {
      answer(verdict, &bench)
      #expect(bench.fleet.snapshot(of: InstanceID(0)).isHealthy == isHealthy)
    }
    #expect(bench.state() == .running)
    #expect(bench.fleet.snapshot(of: InstanceID(0)).healthWords == "503")
  }

  @Test func anUnhealthyProgramMayEndTheContainer() {
    var bench = checked {
      $0.onUnhealthy = .shutdown
      $0.fall = 1
    }
    answer(ill, &bench)
    bench.exit()
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 1)
  }

  @Test func failuresInTheGraceAreNotCounted() {
    var bench = checked {
      $0.grace = .seconds(31)
      $0.fall = 1
    }
    for _ in 0..<2 { answer(ill, &bench) }
    #expect(bench.moves() == [])
    answer(ill, &bench)
    #expect(bench.moves() == [.stopping])
  }

  @Test func aCheckWithoutAnAnswerHasFailed() {
    var bench = checked { $0.fall = 1 }
    bench.pass(.seconds(10))
    bench.pass(.milliseconds(3999))
    #expect(bench.moves() == [])
    bench.pass(.milliseconds(1))
    #expect(bench.effects.contains(.cancelProbe(InstanceID(0), .health)))
    #expect(bench.moves() == [.stopping])
  }

  @Test func aCheckThatCouldNotBeMadeCountsNeitherWay() {
    var bench = checked { $0.fall = 2 }
    answer(ill, &bench)
    for _ in 0..<5 {
      bench.pass(.seconds(10))
      bench.feed(.probeFailedToStart(InstanceID(0), .health, Self.noProcess))
    }
    #expect(bench.moves() == [])
    answer(ill, &bench)
    #expect(bench.moves() == [.stopping])
  }

  @Test func readinessIsAskedAgainWhereItCouldNotBe() {
    var bench = Bench { $0.readiness = .probe(Self.probe) }
    bench.feed(.began)
    bench.pass(.milliseconds(25))
    bench.feed(.probeFailedToStart(InstanceID(0), .readiness, Self.noProcess))
    bench.forget()
    bench.pass(.seconds(1))
    #expect(bench.effects.contains(.probe(InstanceID(0), .readiness)))
  }

  private static let noProcess = SpawnFailure(
    kind: .other, text: "couldn't fork: Resource temporarily unavailable")

  @Test func nobodyIsAskedBeforeItIsReadyOrWhileItStops() {
    var bench = Bench {
      $0.health = Health(probe: Self.probe)
      $0.readiness = .notify
      $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(60))]
    }
    bench.feed(.began)
    bench.pass(.seconds(30))
    #expect(bench.state() == .running)
    #expect(!bench.effects.contains(.probe(InstanceID(0), .health)))
    bench.feed(.announcedReadiness(InstanceID(0)))
    bench.pass(.seconds(10))
    bench.feed(.asked(AskID(1), .stop(["p"])))
    #expect(bench.effects.last(where: { $0 == .cancelProbe(InstanceID(0), .health) }) != nil)
    bench.forget()
    bench.pass(.seconds(50))
    #expect(!bench.effects.contains(.probe(InstanceID(0), .health)))
  }

  @Test func whoOutgrowsItsLimitIsRestartedOnce() {
    var bench = Bench { $0.memoryLimit = 100 }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    bench.feed(.outgrew(InstanceID(0), bytes: 101))
    bench.feed(.outgrew(InstanceID(0), bytes: 102))
    #expect(bench.signals == [.terminate])
    bench.exit()
    #expect(bench.state() == .starting)
    #expect(bench.spawns == 1)
  }

  /// In a shutdown everybody is stopped in their turn, and stays down.
  @Test func nobodyIsRenewedInAShutdown() {
    var configuration = Configuration()
    configuration.units = [
      .program("a") { $0.memoryLimit = 100 }, .program("b", needs: ["a"]),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.forget()
    bench.feed(.signalled(.terminate))
    bench.feed(.outgrew(InstanceID(0), bytes: 101))
    #expect(bench.signals == [.terminate])
    bench.exit(1)
    bench.exit(0)
    #expect(bench.spawns == 0)
  }

  /// The renewal had begun when the shutdown did.
  @Test func aShutdownOverridesARenewal() {
    var bench = Bench { $0.memoryLimit = 100 }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    bench.feed(.outgrew(InstanceID(0), bytes: 101))
    bench.feed(.signalled(.terminate))
    bench.exit()
    #expect(bench.spawns == 0)
    #expect(bench.effects.contains(.flushOutput))
  }

  @Test func oldAgeIsSpread() {
    var configuration = Configuration()
    configuration.units = (0..<20).map { number in
      .program("p\(number)") {
        $0.maximumUptime = .seconds(100)
        $0.uptimeJitterThousandths = 200
      }
    }
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(79))
    #expect(bench.signals == [])
    bench.pass(.seconds(21))
    #expect((1...19).contains(bench.signals.count))
    bench.pass(.seconds(21))
    #expect(bench.signals.count >= 20)
  }

  @Test func restartsByItselfHaveTheirLimit() {
    var bench = Bench {
      $0.maximumUptime = .seconds(2)
      $0.restart.limit = RestartLimit(count: 1, window: .seconds(60))
    }
    bench.feed(.began)
    for _ in 0..<2 {
      bench.pass(.seconds(3))
      bench.exit()
    }
    #expect(bench.state() == .fatal)
  }

  private func three() -> Bench {
    var configuration = Configuration()
    configuration.units = (0..<3).map { .program("p\($0)") { $0.readiness = .notify } }
    var bench = Bench(configuration)
    bench.feed(.began)
    for index in 0..<3 { bench.feed(.announcedReadiness(InstanceID(index))) }
    bench.forget()
    bench.feed(.asked(AskID(1), .roll(["p0", "p1", "p2"])))
    return bench
  }

  @Test func oneAfterTheOtherEachReadyBeforeTheNext() {
    var bench = three()
    for index in 0..<3 {
      #expect(bench.signals.count == index + 1)
      bench.exit(index)
      bench.pass(.seconds(5))
      #expect(bench.signals.count == index + 1)
      bench.feed(.announcedReadiness(InstanceID(index)))
    }
    #expect(bench.answers == (0..<3).map { .started(InstanceID($0)) } + [.end])
  }

  @Test func oneThatDoesNotComeBackSparesTheOthers() {
    var bench = three()
    bench.exit(0)
    for tries in 1...4 {
      bench.exit(0, .code(1))
      bench.pass(.seconds(tries))
    }
    #expect(bench.state(0) == .fatal)
    #expect(bench.signals == [.terminate])
    #expect(
      bench.answers == [.fault(name: "p0", .abnormalTermination, isGroup: false), .end])
  }

  @Test func whoHangsUpDoesNotEndIt() {
    var bench = three()
    bench.feed(.hungUp(AskID(1)))
    for index in 0..<3 {
      bench.exit(index)
      bench.feed(.announcedReadiness(InstanceID(index)))
    }
    #expect(bench.signals.count == 3)
    #expect(bench.answers == [])
  }

  @Test func aShutdownEndsIt() {
    var bench = three()
    bench.feed(.signalled(.terminate))
    let left: [Answer] = (0..<3).map {
      .fault(name: "p\($0)", .shutdownState, isGroup: false)
    }
    #expect(bench.answers == left + [.end])
    bench.forget()
    bench.feed(.asked(AskID(2), .roll(["p0"])))
    #expect(bench.answers == [.fault(name: "p0", .shutdownState, isGroup: false), .end])
  }

  @Test func whatIsStoppedIsStarted() {
    var bench = Bench { $0.autostart = false }
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .roll(["p"])))
    bench.pass(.seconds(1))
    #expect(bench.answers == [.started(InstanceID(0)), .end])
  }
}
