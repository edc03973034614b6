import ProgramSpec
import SuperviseCore
import Testing

@Suite struct OrderTests {
  @Test func theDefaultOrderIsWaitsFilesHooksPrograms() {
    var configuration = Configuration()
    configuration.units = [
      .program("web"), .hook("second"), .hook("first"),
      Unit(name: "d", work: .directory(DirectoryStep(paths: ["/d"]))),
      Unit(name: "w", work: .wait(Wait(condition: .probe(.always)))),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    #expect(bench.effects.contains(.probe(InstanceID(4), .wait)))
    #expect(bench.spawned == [])
    bench.feed(.probed(InstanceID(4), .wait, .passed("")))
    #expect(bench.spawned == [3])
    bench.exit(3)
    #expect(bench.spawned == [3, 1])
    bench.exit(1)
    #expect(bench.spawned == [3, 1, 2])
    bench.exit(2)
    #expect(bench.spawned == [3, 1, 2, 0])
  }

  @Test func aHookThatNeedsAProgramHoldsNoOtherProgramUp() {
    var configuration = Configuration()
    var warm = Unit.hook("warm")
    warm.dependsOn = ["app"]
    configuration.units = [.program("app"), warm, .program("other")]
    var bench = Bench(configuration)
    bench.feed(.began)
    #expect(Set(bench.spawned) == [0, 2])
    bench.pass(.seconds(2))
    #expect(Set(bench.spawned) == [0, 1, 2])
  }

  @Test func whatWaitsSaysForWhatAndAStartPullsItsNeeds() {
    var configuration = Configuration()
    configuration.units = [
      .program("base") { $0.autostart = false },
      .program("top", needs: ["base"]) { $0.autostart = false },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .start(["top"])))
    #expect(bench.spawned == [0])
    #expect(bench.fleet.snapshot(of: InstanceID(1)).waitsFor == [NodeID(0)])
    bench.pass(.seconds(1))
    #expect(bench.spawned == [0, 1])
  }

  @Test func aFatalNeedHoldsUpForEverAndIsJournaled() {
    var configuration = Configuration()
    configuration.units = [
      .program("base") { $0.restart.startRetries = 0 }, .program("top", needs: ["base"]),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .awaitReadiness))
    bench.exit(0, .code(1))
    #expect(bench.answers == [.neverReady(reason: "base is FATAL"), .end])
    bench.pass(.seconds(600))
    #expect(bench.spawned == [0])
    let held = bench.effects.contains { effect in
      guard case .record(let record) = effect else { return false }
      return record.happening == .heldUp(by: NodeID(0)) && record.instance == InstanceID(1)
    }
    #expect(held)
  }

  @Test func shutdownIsTheGraphBackwards() {
    var configuration = Configuration()
    configuration.units = [.program("base"), .program("top", needs: ["base"])]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.feed(.signalled(.terminate))
    #expect(bench.state(1) == .stopping && bench.state(0) == .running)
    bench.exit(1, .signal(15, coreDumped: false))
    #expect(bench.state(0) == .stopping)
    bench.exit(0, .signal(15, coreDumped: false))
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 0)
  }

  @Test func aSecondSignalKills() {
    var bench = Bench { _ in }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.feed(.signalled(.terminate))
    bench.feed(.signalled(.interrupt))
    #expect(bench.signals == [.terminate, .kill])
  }

  @Test func aStopHookThatIsKilledInAHurryIsNotTriedAgain() {
    var configuration = Configuration()
    let hook = Unit.hook("drain") {
      $0.stage = .stop
      $0.timeout = .seconds(3)
      $0.retries = 5
    }
    configuration.units = [hook]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.signalled(.terminate))
    bench.pass(.seconds(3))
    #expect(bench.signals == [.terminate])
    bench.feed(.signalled(.terminate))
    bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.state() == .stopped)
  }

  @Test func aReloadEndsInABeginningUnlessASignalComes() {
    for isInterrupted in [false, true] {
      var bench = Bench { _ in }
      bench.feed(.began)
      bench.feed(.asked(AskID(1), .reload))
      if isInterrupted { bench.feed(.signalled(.terminate)) }
      bench.exit(0, .signal(15, coreDumped: false))
      bench.feed(.outputFlushed)
      bench.feed(.childless)
      #expect(bench.effects.contains(.beginAgain) == !isInterrupted)
      #expect(bench.exitCode == (isInterrupted ? 0 : nil))
    }
  }

  private func listenerAndTwo(_ order: Supervisor.ShutdownOrder) -> Bench {
    var configuration = Configuration()
    configuration.supervisor.shutdownOrder = order
    var listener = Unit.program("ear") {
      $0.kind = .eventListener(events: ["EVENT"], bufferSize: 1)
    }
    listener.priority = -1
    configuration.units = [listener, .program("a"), .program("b", needs: ["a"])]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.forget()
    bench.feed(.signalled(.terminate))
    return bench
  }

  @Test(arguments: [Supervisor.ShutdownOrder.graph, .serial])
  func aListenerIsStoppedLastAndHearsOfTheOthersFirst(_ order: Supervisor.ShutdownOrder) {
    var bench = listenerAndTwo(order)
    for (index, signals) in [(2, 1), (1, 2)] {
      #expect(bench.signals.count == signals)
      #expect(!bench.effects.contains(.deliverEvents))
      bench.exit(index)
    }
    #expect(bench.effects.contains(.deliverEvents))
    #expect(bench.signals.count == 2)
    bench.feed(.eventsDelivered)
    #expect(bench.signals.count == 3)
    bench.exit(0)
    #expect(bench.state(0) == .stopped)
  }

  /// How a listener that keeps the others' end to itself is got rid of nevertheless.
  enum Impatience: CaseIterable { case time, secondSignal, ownEnd }

  @Test(arguments: Impatience.allCases)
  func aListenerThatDoesNotAnswerIsNotWaitedForLong(_ impatience: Impatience) {
    var bench = listenerAndTwo(.graph)
    bench.exit(2)
    bench.exit(1)
    #expect(bench.signals.count == 2)
    switch impatience {
    case .time: bench.pass(.seconds(1))
    case .secondSignal: bench.feed(.signalled(.terminate))
    case .ownEnd: break
    }
    #expect(bench.signals.count == (impatience == .ownEnd ? 2 : 3))
    bench.exit(0)
    bench.feed(.eventsDelivered)
    #expect(bench.effects.contains(.flushOutput))
  }

  @Test(arguments: [Supervisor.ShutdownOrder.graph, .serial])
  func withoutALivingListenerNothingIsDelivered(_ order: Supervisor.ShutdownOrder) {
    var bench = listenerAndTwo(order)
    bench.exit(0)
    bench.exit(2)
    bench.exit(1)
    #expect(!bench.effects.contains(.deliverEvents))
    #expect(bench.effects.contains(.flushOutput))
  }

  /// Requested to start in the very event in which another program begins a shutdown: the start is
  /// cancelled, and stop hooks run as they would otherwise.
  @Test(arguments: [Duration.seconds(1), .zero])
  func aStartThatIsRequestedAsAShutdownBeginsIsCancelled(_ startSeconds: Duration) {
    var configuration = Configuration()
    configuration.units = [
      .program("a") {
        $0.maximumUptime = .seconds(2)
        $0.restart.startSeconds = startSeconds
        $0.restart.automatic = .always
        $0.restart.delay = RestartDelay(initial: .seconds(1))
      },
      .program("b") {
        $0.onFatal = .shutdown
        $0.restart.startSeconds = .seconds(10)
        $0.restart.limit = RestartLimit(count: 0, window: .seconds(60))
      },
      .hook("hook") { $0.stage = .stop },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(1))
    bench.exit(0)
    bench.exit(1)
    bench.sleep(.seconds(2))
    #expect(bench.effects.contains(.cancelSpawn(InstanceID(0))))
    #expect(bench.state(0) == .stopped && bench.state(1) == .fatal)
    bench.pass(.seconds(5))
    #expect(bench.fleet.violations() == [])
    #expect(bench.state(2) == .running)
    bench.exit(2)
    #expect(bench.signals == [] && bench.effects.contains(.flushOutput))
  }

  struct Cause: CustomTestStringConvertible, Sendable {
    var cause: ShutdownCause
    var code: Int32
    var testDescription: String { "\(cause)" }
  }

  private static let id = InstanceID(0)

  @Test(arguments: [
    Cause(cause: .asked, code: 0), Cause(cause: .signal(.terminate), code: 0),
    Cause(cause: .waitTimedOut(id), code: 69), Cause(cause: .hookFailed(id, .code(7)), code: 7),
    Cause(cause: .hookFailed(id, .code(0)), code: 124),
    Cause(cause: .hookFailed(id, nil), code: 127),
    Cause(cause: .exited(id, .signal(9, coreDumped: false)), code: 137),
    Cause(cause: .fatal(id, .code(0)), code: 1), Cause(cause: .fatal(id, nil), code: 1),
    Cause(
      cause: .commandNotStarted(id, SpawnFailure(kind: .notExecutable, text: "")), code: 126),
  ])
  func theFirstCauseDecidesTheCode(_ row: Cause) { #expect(row.cause.exitCode == row.code) }

  /// Named in the wrong order, `after` holds as it does at boot.
  @Test(arguments: [false, true]) func aRequestKeepsTheOrderOfAfter(_ isRestart: Bool) {
    var configuration = Configuration()
    configuration.units = [.program("a"), .program("b")]
    configuration.units[1].after = ["a"]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    if !isRestart { bench.feed(.asked(AskID(1), .stop(["a", "b"]))) }
    if isRestart { bench.feed(.asked(AskID(1), .restart(["b", "a"]))) }
    for index in [0, 1] { bench.exit(index) }
    bench.forget()
    if !isRestart { bench.feed(.asked(AskID(2), .start(["b", "a"]))) }
    #expect(bench.state(0) == .starting)
    #expect(bench.state(1) == .stopped)
    bench.pass(.seconds(1))
    #expect(bench.state(1) == .starting)
  }
}
