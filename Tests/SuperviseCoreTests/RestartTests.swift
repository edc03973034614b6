import ProgramSpec
import SuperviseCore
import Testing

/// Restarts by hand: what is asked for once is done to its end.
@Suite struct RestartTests {
  private let id = InstanceID(0)

  private func running() -> Bench {
    var bench = Bench { _ in }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    return bench
  }

  @Test func bothHalvesAreToldToWhoeverWaits() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    #expect(bench.answers == [] && bench.state() == .stopping)
    bench.exit()
    #expect(bench.answers == [.stopped(id)] && bench.state() == .starting)
    bench.pass(.seconds(2))
    #expect(bench.answers == [.stopped(id), .started(id), .end])
  }

  @Test func whoeverLeavesInBetweenStopsNothing() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    bench.feed(.hungUp(AskID(1)))
    bench.exit()
    #expect(bench.answers == [] && bench.state() == .starting)
  }

  @Test func nobodyNeedsToWait() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"], waits: false)))
    #expect(bench.answers == [.restarting(id), .end] && bench.state() == .stopping)
    bench.exit()
    #expect(bench.answers.count == 2 && bench.state() == .starting)
  }

  @Test func whoeverStopsItMeanwhileDoesNotGetItBack() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    bench.feed(.asked(AskID(2), .stop(["p"])))
    bench.exit()
    #expect(bench.state() == .stopped)
    let goesDown = Answer.fault(name: "p", .notRunning, isGroup: false)
    let failed = Answer.fault(name: "p", .abnormalTermination, isGroup: false)
    #expect(bench.answers == [goesDown, .end, .stopped(id), failed, .end])
  }

  @Test func whatDoesNotRunIsNoObstacle() {
    var bench = Bench { $0.autostart = false }
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .restart(["p", "nobody"])))
    bench.pass(.seconds(2))
    let unknown = Answer.fault(name: "nobody", .badName, isGroup: false)
    #expect(bench.answers == [unknown, .started(id), .end])
  }

  @Test func twoAtOnceAreOne() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    bench.feed(.asked(AskID(2), .restart(["p"])))
    bench.exit()
    #expect(bench.state() == .starting)
    let alreadyStarted = Answer.fault(name: "p", .alreadyStarted, isGroup: false)
    #expect(bench.answers == [.stopped(id), .stopped(id), alreadyStarted, .end])
  }

  @Test func aShutdownComesFirst() {
    var bench = running()
    bench.feed(.asked(AskID(1), .restart(["p"])))
    bench.feed(.signalled(.terminate))
    bench.exit()
    let shuttingDown = Answer.fault(name: "p", .shutdownState, isGroup: false)
    #expect(bench.answers == [.stopped(id), shuttingDown, .end])
    #expect(bench.state() == .stopped)
  }
}
