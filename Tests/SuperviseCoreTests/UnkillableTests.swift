import ProgramSpec
import SuperviseCore
import Testing

/// A process that SIGKILL does not end: frozen, in an uninterruptible wait, or traced by another.
@Suite struct UnkillableTests {
  private func bench(shutdownTimeout: Duration = .zero) -> Bench {
    var configuration = Configuration()
    configuration.units = [.program("p"), .program("q", needs: ["p"])]
    configuration.supervisor.shutdownTimeout = shutdownTimeout
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    return bench
  }

  private func abandoned(_ bench: Bench) -> [AbandonedProcess] {
    for case .record(let record) in bench.effects {
      if case .processesAbandoned(let processes) = record.happening { return processes }
    }
    return []
  }

  @Test func theDeadlineOfTheShutdownHolds() {
    var bench = bench(shutdownTimeout: .seconds(8))
    bench.feed(.signalled(.terminate))
    bench.pass(.milliseconds(7_999))
    #expect(bench.exitCode == nil)
    bench.pass(.milliseconds(1))
    #expect(bench.exitCode == 0)
    let processes = [0, 1].map { InstanceID($0) }.map {
      AbandonedProcess(instance: $0, pid: bench.pids[$0])
    }
    #expect(abandoned(bench) == processes)
    #expect(bench.effects.contains(.flushOutput))
  }

  @Test func aSecondSignalBoundsTheShutdown() {
    var bench = bench()
    bench.feed(.signalled(.terminate))
    bench.pass(.seconds(60))
    #expect(bench.exitCode == nil)
    bench.feed(.signalled(.terminate))
    bench.exit(0, .signal(9, coreDumped: false))
    bench.pass(.seconds(4))
    #expect(abandoned(bench) == [])
    bench.pass(.seconds(1))
    #expect(abandoned(bench).map(\.instance) == [InstanceID(1)])
    bench.feed(.outputFlushed)
    bench.pass(.seconds(3))
    #expect(bench.exitCode == 0)
  }

  @Test func aClientThatWaitsForTheStopIsAnswered() {
    var bench = bench()
    bench.feed(.asked(AskID(7), .stop(["p"])))
    for _ in 0..<2 { bench.feed(.signalled(.terminate)) }
    #expect(bench.answers == [])
    bench.pass(.seconds(5))
    #expect(bench.answers == [.fault(name: "p", .failed, isGroup: false), .end])
  }

  @Test func aThirdSignalShortensTheWait() {
    var bench = bench()
    for _ in 0..<3 { bench.feed(.signalled(.terminate)) }
    bench.pass(.milliseconds(999))
    #expect(abandoned(bench) == [])
    bench.pass(.milliseconds(1))
    #expect(abandoned(bench).count == 2)
  }

  @Test func oneThatEndsAfterAllIsStillTold() {
    var bench = bench()
    for _ in 0..<2 { bench.feed(.signalled(.terminate)) }
    bench.pass(.seconds(5))
    bench.exit(1, .signal(9, coreDumped: false))
    #expect(bench.state(1) == .stopped)
    bench.feed(.childless)
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 0)
  }

  @Test func theEndOfAProgramRepeatsNoSignalToWhatItDependsOn() throws {
    var configuration = try CronBench.configuration("@reboot", .utc) { _ in }
    configuration.units.append(.program("p", needs: ["c"]))
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.feed(.signalled(.terminate))
    bench.forget()
    bench.feed(.signalled(.terminate))
    #expect(bench.signals == [.kill, .kill])
    bench.exit(1, .signal(9, coreDumped: false))
    #expect(bench.signals == [.kill, .kill])
    bench.pass(.seconds(1))
    #expect(bench.signals == [.kill, .kill, .kill])
  }
}
