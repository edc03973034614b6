import ProgramSpec
import SuperviseCore
import Testing

/// What a shutdown stops, in which order, and what it leaves.
@Suite struct ShutdownTests {
  private let leftovers = Effect.killLeftovers(InstanceID(0))
  private let terminated = SuperviseCore.ExitStatus.signal(15, coreDumped: false)

  private func running(_ change: (inout Program) -> Void = { _ in }) -> Bench {
    var bench = Bench(change)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    return bench
  }

  @Test(arguments: [1, 2]) func noProcessOfTheGroupSurvivesAShutdown(_ signals: Int) {
    var bench = running()
    for _ in 0..<signals { bench.feed(.signalled(.terminate)) }
    bench.exit(0, terminated)
    #expect(bench.effects.contains(leftovers))
  }

  @Test(arguments: [false, true]) func aStopLeavesTheGroupUnlessKillasgroup(_ killsGroup: Bool) {
    var bench = running { $0.stop.killAsGroup = killsGroup }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.exit(0, terminated)
    #expect(bench.effects.contains(leftovers) == killsGroup)
  }

  @Test func aSecondSignalKillsTheWholeGroup() {
    var bench = running()
    bench.feed(.signalled(.terminate))
    bench.feed(.signalled(.terminate))
    #expect(bench.effects.contains(.signal(InstanceID(0), .terminate, .leader)))
    #expect(bench.effects.contains(.signal(InstanceID(0), .kill, .group)))
  }

  @Test func stopasgroupSignalsTheWholeGroup() {
    var bench = running { $0.stop.asGroup = true }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    #expect(bench.effects.contains(.signal(InstanceID(0), .terminate, .group)))
  }

  @Test func aSignalOnRequestGoesToTheProcessAlone() {
    var bench = running { $0.stop.asGroup = true }
    bench.feed(.asked(AskID(1), .signal(.user1, ["p"])))
    #expect(bench.effects.contains(.signal(InstanceID(0), .user1, .leader)))
  }

  @Test func aStopOnRequestIsEscalatedByAShutdownInAHurry() {
    var bench = running { $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(60))] }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.feed(.signalled(.terminate))
    #expect(bench.signals == [.terminate])
    bench.feed(.signalled(.terminate))
    #expect(bench.signals == [.terminate, .kill])
  }

  @Test func whatStartsAfterAnotherStopsBefore() {
    var configuration = Configuration()
    var second = Unit.program("second")
    second.after = ["first"]
    configuration.units = [.program("first"), second]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.feed(.signalled(.terminate))
    #expect(bench.state(1) == .stopping && bench.state(0) == .running)
    bench.exit(1, terminated)
    #expect(bench.state(0) == .stopping)
  }

  @Test func theLastOfAGroupStopsFirstInSerialOrder() {
    var configuration = Configuration()
    var group = Group(name: "pool")
    group.programs = ["one", "two"]
    configuration.groups = [group]
    configuration.units = ["one", "two"].map { name in
      .program(name) { $0.processes[0].group = "pool" }
    }
    configuration.supervisor.shutdownOrder = .serial
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    bench.feed(.signalled(.terminate))
    let stopped = bench.effects.compactMap { effect -> Int? in
      guard case .signal(let id, .terminate, _) = effect else { return nil }
      return id.index
    }
    #expect(stopped == [1, 0])
  }

  @Test func aProgramThatEndsDuringShutdownStaysDown() {
    var configuration = Configuration()
    configuration.units = [
      .program("base") { $0.restart.automatic = .always }, .program("top", needs: ["base"]),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.forget()
    bench.feed(.signalled(.terminate))
    bench.exit(0, .code(1))
    bench.pass(.seconds(3))
    #expect(bench.spawns == 0 && bench.state(0) == .exited)
  }

  @Test func aSignalAfterAReloadEndsTheSupervisorWithoutEscalation() {
    var bench = running()
    bench.feed(.asked(AskID(1), .reload))
    bench.feed(.signalled(.terminate))
    #expect(bench.signals == [.terminate])
    bench.exit(0, terminated)
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 0 && !bench.effects.contains(.beginAgain))
  }

  /// Listeners are stopped last, but not at the same time if one of them depends on another.
  @Test func aListenerIsStoppedAfterTheOneThatDependsOnIt() {
    let listens: (inout Program) -> Void = {
      $0.kind = .eventListener(events: ["EVENT"], bufferSize: 1)
    }
    var configuration = Configuration()
    configuration.units = [
      .program("base", listens), .program("top", needs: ["base"], listens),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.feed(.signalled(.terminate))
    bench.feed(.eventsDelivered)
    #expect(bench.state(0) == .running && bench.state(1) == .stopping)
    bench.exit(1, .signal(15, coreDumped: false))
    #expect(bench.state(0) == .stopping)
    bench.exit(0, .signal(15, coreDumped: false))
    #expect(bench.effects.contains(.flushOutput))
  }
}
