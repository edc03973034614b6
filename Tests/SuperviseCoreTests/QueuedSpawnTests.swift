import ProgramSpec
import SuperviseCore
import Testing

/// Spawns that PID 1 has not performed yet: a stop or a shutdown cancels them, so that no process
/// is started only to be stopped.
@Suite struct QueuedSpawnTests {
  private let id = InstanceID(0)

  private func queued(_ change: (inout Program) -> Void = { _ in }) -> Bench {
    var bench = Bench(change)
    bench.queuesSpawns = true
    bench.feed(.began)
    return bench
  }

  @Test func aLateAnswerStartsTheProgram() {
    var bench = queued()
    bench.pass(.seconds(30))
    #expect(bench.state() == .starting && bench.queue == [id])
    bench.launch()
    bench.pass(.seconds(1))
    #expect(bench.moves() == [.starting, .running, .ready])
  }

  @Test func aStopCancelsTheSpawn() {
    var bench = queued()
    bench.feed(.asked(AskID(1), .stop(["p"])))
    #expect(bench.effects.contains(.cancelSpawn(id)) && bench.queue == [])
    #expect(bench.answers == [.stopped(id), .end])
    #expect(bench.moves() == [.starting, .stopping, .stopped])
    #expect(bench.signals == [])
  }

  @Test func whoeverWaitsForTheStartIsAnswered() {
    var bench = queued { $0.autostart = false }
    bench.feed(.asked(AskID(1), .start(["p"])))
    bench.feed(.asked(AskID(2), .stop(["p"], waits: false)))
    let fault = Answer.fault(name: "p", .abnormalTermination, isGroup: false)
    #expect(
      Set(bench.answers.map { "\($0)" }) == Set(["\(fault)", "end", "\(Answer.stopped(id))"]))
  }

  @Test func aRollEndsWithAStartThatFails() {
    var bench = queued { $0.restart.startRetries = 0 }
    bench.feed(.asked(AskID(1), .roll(["p"])))
    bench.spawnFailure = SpawnFailure(kind: .other, text: "can't find command")
    bench.launch()
    #expect(bench.state() == .fatal)
    #expect(bench.answers == [.fault(name: "p", .abnormalTermination, isGroup: false), .end])
  }

  @Test func aRestartSpawnsItAgain() {
    var bench = queued()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    #expect(bench.queue == [id] && bench.spawns == 2)
    bench.launch()
    bench.pass(.seconds(1))
    #expect(bench.answers == [.stopped(id), .started(id), .end])
  }

  @Test(arguments: [Signal.terminate], [1, 2])
  func aShutdownCancelsAllSpawns(_ signal: Signal, _ times: Int) {
    var configuration = Configuration()
    configuration.units = (0..<4).map { .program("p\($0)", needs: []) }
    var bench = Bench(configuration)
    bench.queuesSpawns = true
    bench.feed(.began)
    #expect(bench.queue.count == 4)
    for _ in 0..<times { bench.feed(.signalled(signal)) }
    #expect(bench.queue == [] && bench.signals == [])
    #expect((0..<4).allSatisfy { bench.state($0) == .stopped })
    #expect(bench.effects.contains(.flushOutput))
  }

  @Test func theNextFailedStartIsNotRetriedDuringShutdown() {
    var bench = queued()
    bench.launch()
    bench.exit(0, .code(1))
    bench.pass(.seconds(1))
    #expect(bench.state() == .starting && bench.queue == [id])
    bench.feed(.signalled(.terminate))
    #expect(bench.state() == .stopped && bench.queue == [])
  }

  @Test func aStepIsCancelledAndAStopHookStillRuns() {
    var configuration = Configuration()
    configuration.units = [
      .hook("first"), .hook("last") { $0.stage = .stop }, .program("p", needs: ["first"]),
    ]
    var bench = Bench(configuration)
    bench.queuesSpawns = true
    bench.feed(.began)
    #expect(bench.queue == [id])
    bench.feed(.signalled(.terminate))
    #expect(bench.state() == .stopped && bench.queue == [InstanceID(1)])
    bench.launch()
    bench.exit(1)
    #expect(bench.state(1) == .succeeded && bench.effects.contains(.flushOutput))
  }

  @Test func aCronRunThatIsStoppedBeforeItsProcessWasNotStarted() throws {
    var configuration = Configuration()
    let schedule = try Schedule.parse("@every 1h").inZone(.utc)
    configuration.units = [
      Unit(name: "c", work: .cron(Cron(execution: Execution(arguments: ["c"]), schedule: schedule)))
    ]
    var bench = Bench(configuration)
    bench.queuesSpawns = true
    bench.feed(.clockSet(WallClock(offset: 0)))
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .start(["c"], crons: true)))
    #expect(bench.queue == [id] && bench.answers == [])
    bench.feed(.asked(AskID(2), .stop(["c"], crons: true)))
    #expect(bench.answers.contains(.fault(name: "c", .abnormalTermination, isGroup: false)))
    #expect(bench.answers.contains(.stopped(id)) && bench.queue == [])
  }
}
