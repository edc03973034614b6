import ProgramSpec
import SuperviseCore
import Testing

/// A process that SIGKILL does not end: frozen, in an uninterruptible wait, or traced by another.
@Suite struct UnkillableTests {
  /// `wait`: between SIGTERM and SIGKILL.
  private func bench(
    shutdownTimeout: Duration = .zero, wait: Duration = .seconds(10)
  ) -> Bench {
    var configuration = Configuration()
    configuration.units = [(name: "p", needs: nil), (name: "q", needs: ["p"])].map {
      .program($0.name, needs: $0.needs) {
        $0.stop.steps = [StopStep(signal: .terminate, wait: wait)]
      }
    }
    configuration.supervisor.shutdownTimeout = shutdownTimeout
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    return bench
  }

  private func causes(_ bench: Bench) -> [ShutdownCause] {
    bench.effects.compactMap { effect in
      guard case .record(let record) = effect, case .shutdownBegan(let cause) = record.happening
      else { return nil }
      return cause
    }
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
    #expect(bench.abandoned == processes)
    #expect(bench.effects.contains(.flushOutput))
  }

  @Test func aSecondSignalBoundsTheShutdown() {
    var bench = bench(wait: .seconds(1000))
    bench.feed(.signalled(.terminate))
    bench.pass(.seconds(60))
    #expect(bench.exitCode == nil)
    bench.feed(.signalled(.terminate))
    bench.exit(0, .signal(9, coreDumped: false))
    bench.pass(.seconds(4))
    #expect(bench.abandoned == [])
    bench.pass(.seconds(1))
    #expect(bench.abandoned.map(\.instance) == [InstanceID(1)])
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
    #expect(bench.abandoned == [])
    bench.pass(.milliseconds(1))
    #expect(bench.abandoned.count == 2)
  }

  /// The shutdown continues before the machine of the program gives its process up.
  @Test func aClientThatWaitsForTheStopIsAnsweredAsSoonAsTheShutdownContinues() {
    var bench = bench()
    bench.feed(.asked(AskID(7), .stop(["p"])))
    for _ in 0..<3 { bench.feed(.signalled(.terminate)) }
    #expect(bench.answers == [])
    bench.pass(.seconds(1))
    #expect(bench.answers == [.fault(name: "p", .failed, isGroup: false), .end])
    bench.exit(0, .signal(9, coreDumped: false))
    bench.pass(.seconds(10))
    #expect(bench.answers == [.fault(name: "p", .failed, isGroup: false), .end])
  }

  @Test func oneThatEndsAfterAllIsStillTold() {
    var bench = bench()
    for _ in 0..<2 { bench.feed(.signalled(.terminate)) }
    bench.pass(.seconds(5))
    bench.exit(1, .signal(9, coreDumped: false))
    #expect(bench.state(1) == .exited)
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
  }

  @Test func aShutdownContinuesFiveSecondsAfterSIGKILL() {
    var bench = bench()
    bench.feed(.signalled(.terminate))
    bench.pass(.milliseconds(14_999))
    #expect(bench.signals == [.terminate, .kill] && bench.state(1) == .stopping)
    bench.pass(.milliseconds(1))
    #expect(bench.state(1) == .unknown && bench.abandoned.map(\.instance) == [InstanceID(1)])
    #expect(bench.state(0) == .stopping && bench.signals == [.terminate, .kill, .terminate])
    bench.exit(0, .signal(15, coreDumped: false))
    bench.feed(.outputFlushed)
    bench.pass(.seconds(3))
    #expect(bench.exitCode == 0)
  }

  @Test func aShutdownGivesFiveSecondsToAProcessThatHadBeenSentSIGKILLBefore() {
    var bench = bench()
    bench.feed(.asked(AskID(7), .stop(["q"])))
    bench.pass(.seconds(19))
    bench.feed(.signalled(.terminate))
    bench.pass(.milliseconds(4_999))
    #expect(bench.answers == [] && bench.signals == [.terminate, .kill])
    bench.pass(.milliseconds(1))
    #expect(bench.answers == [.fault(name: "q", .failed, isGroup: false), .end])
    #expect(bench.state(1) == .unknown)
  }

  /// Another process of the program would find its ports taken.
  @Test func withoutAShutdownAProgramIsSentSIGKILLAtEverLongerIntervals() {
    var bench = bench()
    bench.feed(.asked(AskID(7), .stop(["q"])))
    bench.pass(.seconds(10))
    for wait in [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600] as [Int64] {
      bench.forget()
      bench.pass(.seconds(wait) - .milliseconds(1))
      #expect(bench.signals == [])
      bench.pass(.milliseconds(1))
      #expect(bench.signals == [.kill])
    }
    #expect(bench.state(1) == .stopping && bench.answers == [])
    bench.exit(1, .signal(9, coreDumped: false))
    #expect(bench.answers == [.stopped(InstanceID(1)), .end])
  }

  private func hook(_ change: (inout Hook) -> Void) -> Bench {
    var configuration = Configuration()
    configuration.units = [
      .program("p"),
      .hook("h") {
        $0.timeout = .seconds(300)
        change(&$0)
      },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    return bench
  }

  @Test func aStepFailsFiveSecondsAfterSIGKILL() {
    var bench = hook { $0.onFailure = .abort }
    let pid = bench.pids[InstanceID(1)]
    bench.pass(.milliseconds(309_999))
    #expect(bench.signals == [.terminate, .kill] && bench.state(1) == .stopping)
    bench.pass(.milliseconds(1))
    #expect(bench.state(1) == .failed)
    #expect(bench.abandoned == [AbandonedProcess(instance: InstanceID(1), pid: pid)])
    #expect(bench.effects.contains(.abandonProcess(InstanceID(1))))
    #expect(causes(bench) == [.hookFailed(InstanceID(1), .survivedKill)])
    bench.pass(.seconds(60))
    bench.exit(0, .signal(15, coreDumped: false))
    bench.feed(.outputFlushed)
    bench.pass(.seconds(3))
    #expect(bench.exitCode == 137 && bench.signals.count { $0 == .kill } == 1)
  }

  @Test func aFurtherAttemptFollowsTheOneThatSIGKILLDoesNotEnd() {
    var bench = hook {
      $0.retries = 1
      $0.retryDelay = .seconds(2)
    }
    bench.pass(.seconds(312))
    #expect(bench.state(1) == .running)
    bench.exit(1, .code(0))
    #expect(
      bench.moves(1) == [.running, .stopping, .retrying, .running, .succeeded])
  }

  @Test func aShutdownDoesNotWaitForAStepThatSIGKILLDoesNotEnd() {
    var bench = hook { _ in }
    bench.exit(0, .code(0))
    bench.feed(.signalled(.terminate))
    bench.pass(.seconds(10))
    #expect(bench.state(1) == .stopped && bench.effects.contains(.flushOutput))
  }
}

extension Bench {
  var abandoned: [AbandonedProcess] {
    effects.flatMap { effect in
      guard case .record(let record) = effect,
        case .processesAbandoned(let processes) = record.happening
      else { return [AbandonedProcess]() }
      return processes
    }
  }
}
