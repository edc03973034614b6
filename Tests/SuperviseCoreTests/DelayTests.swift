import ProgramSpec
import SuperviseCore
import Testing

/// When the next attempt is due, exactly or within the bounds of a jitter.
@Suite struct DelayTests {
  /// The times at which effects of this kind came, in milliseconds since the start. Time passes
  /// in steps of 1 ms.
  private func times(
    _ bench: inout Bench, for duration: Duration, _ isCounted: (Effect) -> Bool,
    _ answer: (inout Bench) -> Void = { _ in }
  ) -> [UInt64] {
    var found: [UInt64] = []
    let end = bench.now.advanced(by: duration)
    while bench.now < end {
      bench.forget()
      bench.pass(.milliseconds(1))
      guard bench.effects.contains(where: isCounted) else { continue }
      found.append(bench.now.nanoseconds / 1_000_000)
      answer(&bench)
    }
    return found
  }

  @Test func aHookIsRetriedAfterItsDelay() {
    var configuration = Configuration()
    configuration.units = [
      .hook("h") {
        $0.retries = 2
        $0.retryDelay = .seconds(5)
      }
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.exit(0, .code(1))
    bench.pass(.milliseconds(4_999))
    #expect(bench.state() == .retrying && bench.spawns == 1)
    bench.pass(.milliseconds(1))
    #expect(bench.state() == .running && bench.spawns == 2)
    bench.exit(0, .code(1))
    bench.pass(.seconds(5))
    #expect(bench.spawns == 3)
    bench.exit(0, .code(1))
    #expect(bench.state() == .failed)
  }

  @Test func theDelayOfARestartIsSpreadByItsJitter() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.startSeconds = .zero
      $0.restart.delay = RestartDelay(initial: .seconds(10))
      $0.restart.delay?.factorThousandths = 1000
      $0.restart.delay?.jitterThousandths = 200
    }
    bench.feed(.began)
    var delays: [Duration] = []
    for _ in 0..<50 {
      bench.forget()
      bench.exit()
      for case .record(let record) in bench.effects {
        if case .restartScheduled(let delay, _) = record.happening { delays.append(delay) }
      }
      bench.pass(.seconds(20))
    }
    #expect(delays.count == 50)
    #expect(delays.allSatisfy { (.seconds(8)...Duration.seconds(12)).contains($0) })
    #expect((delays.max() ?? .zero) - (delays.min() ?? .zero) > .seconds(2))
  }

  @Test func theDelayOfARestartHasAMaximum() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.delay = RestartDelay(initial: .seconds(1))
      $0.restart.delay?.maximum = .seconds(5)
      $0.restart.startRetries = nil
    }
    bench.feed(.began)
    var delays: [Duration] = []
    for _ in 0..<6 {
      let before = bench.now
      bench.exit(0, .code(1))
      while bench.state() == .backoff { bench.pass(.milliseconds(500)) }
      delays.append(bench.now.elapsed(since: before))
    }
    #expect(delays == [1, 2, 4, 5, 5, 5].map { .seconds($0) })
  }

  @Test func aReadinessProbeIsRepeatedLessAndLessOften() {
    var bench = Bench { $0.readiness = .probe(.always) }
    bench.feed(.began)
    let probe = Effect.probe(InstanceID(0), .readiness)
    let found = times(&bench, for: .seconds(5), { $0 == probe }) {
      $0.feed(.probed(InstanceID(0), .readiness, .failed("no")))
    }
    #expect(found == [25, 50, 100, 200, 400, 800, 1600, 2600, 3600, 4600])
  }

  @Test func aReadinessProbeWithoutAnAnswerIsGivenUp() {
    var bench = Bench { $0.readiness = .probe(.always) }
    bench.feed(.began)
    bench.pass(.milliseconds(25))
    #expect(bench.effects.contains(.probe(InstanceID(0), .readiness)))
    bench.pass(ReadinessWatch.probeTimeout + .milliseconds(999))
    #expect(!bench.effects.contains(.cancelProbe(InstanceID(0), .readiness)))
    bench.pass(.milliseconds(1))
    #expect(bench.effects.contains(.cancelProbe(InstanceID(0), .readiness)))
    bench.forget()
    bench.pass(.seconds(1))
    #expect(bench.effects.contains(.probe(InstanceID(0), .readiness)))
  }

  @Test func aHealthCheckIsRepeatedAfterItsInterval() {
    var bench = Bench {
      $0.health = Health(probe: .always)
      $0.health?.interval = .seconds(2)
    }
    bench.feed(.began)
    bench.pass(.seconds(1))
    let probe = Effect.probe(InstanceID(0), .health)
    let found = times(&bench, for: .seconds(7), { $0 == probe }) {
      $0.feed(.probed(InstanceID(0), .health, .passed("")))
    }
    #expect(found == [3000, 5000, 7000])
  }

  @Test func aWaitIsRepeatedAfterItsIntervalUntilItsTimeIsOver() {
    var configuration = Configuration()
    var wait = Wait(condition: .probe(.always))
    wait.interval = .seconds(2)
    wait.timeout = .seconds(5)
    configuration.units = [Unit(name: "w", work: .wait(wait))]
    var bench = Bench(configuration)
    let probe = Effect.probe(InstanceID(0), .wait)
    bench.feed(.began)
    #expect(bench.effects.contains(probe))
    bench.feed(.probed(InstanceID(0), .wait, .failed("no")))
    let found = times(&bench, for: .milliseconds(4_999), { $0 == probe }) {
      $0.feed(.probed(InstanceID(0), .wait, .failed("no")))
    }
    #expect(found == [2000, 4000] && bench.state() == .running)
    bench.pass(.milliseconds(1))
    #expect(bench.state() == .failed)
  }

  @Test func aWaitThatIsStoppedCancelsItsProbe() {
    var configuration = Configuration()
    configuration.units = [Unit(name: "w", work: .wait(Wait(condition: .probe(.always))))]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.signalled(.terminate))
    #expect(bench.effects.contains(.cancelProbe(InstanceID(0), .wait)))
  }
}
