import ProgramSpec
import SuperviseCore
import Testing

/// `stop_command`, in the place of the first signal.
@Suite struct StopCommandTests {
  private func withStopCommand() -> Bench {
    var bench = Bench {
      $0.processes[0].stopCommand = ["quit"]
      $0.stop.steps = [
        StopStep(signal: .terminate, wait: .seconds(2)),
        StopStep(signal: .interrupt, wait: .seconds(3)),
      ]
    }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    bench.feed(.asked(AskID(1), .stop(["p"])))
    return bench
  }

  @Test func aStopCommandTakesThePlaceOfTheFirstSignal() {
    var bench = withStopCommand()
    let pid = bench.pids[InstanceID(0)] ?? 0
    #expect(bench.effects.contains(.runStopCommand(InstanceID(0), pid: pid)))
    bench.feed(.stopCommandEnded(InstanceID(0), .passed("exit status 0")))
    bench.pass(.milliseconds(1999))
    #expect(bench.signals == [])
    bench.pass(.milliseconds(1))
    #expect(bench.signals == [.interrupt])
    bench.exit()
    #expect(bench.state() == .stopped)
  }

  @Test func oneThatFailsIsFollowedByTheSignal() {
    var bench = withStopCommand()
    bench.pass(.seconds(1))
    bench.feed(.stopCommandEnded(InstanceID(0), .failed("exit status 1")))
    #expect(bench.signals == [.terminate])
    bench.pass(.milliseconds(1999))
    #expect(bench.signals == [.terminate])
    bench.pass(.milliseconds(1))
    #expect(bench.signals == [.terminate, .interrupt])
  }

  @Test func oneThatHangsIsKilledWhenItsTimeIsOver() {
    var bench = withStopCommand()
    bench.pass(.seconds(2))
    #expect(bench.effects.contains(.endStopCommand(InstanceID(0))))
    #expect(bench.signals == [.interrupt])
    bench.feed(.stopCommandEnded(InstanceID(0), .failed("late")))
    #expect(bench.signals == [.interrupt])
  }

  @Test func oneThatGoesOnIsKilledWhenItsProgramHasEnded() {
    var bench = withStopCommand()
    bench.pass(.seconds(1))
    bench.exit()
    #expect(bench.effects.contains(.endStopCommand(InstanceID(0))))
    #expect(bench.state() == .stopped)
    bench.forget()
    bench.feed(.stopCommandEnded(InstanceID(0), .failed("late")))
    #expect(bench.effects == [])
  }
}
