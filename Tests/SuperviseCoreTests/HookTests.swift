import ProgramSpec
import SuperviseCore
import Testing

/// Hooks that take too long, fail, or ignore the request to end.
@Suite struct HookTests {
  private let leftovers = Effect.killLeftovers(InstanceID(0))

  private func hook(_ change: (inout Hook) -> Void) -> Bench {
    var configuration = Configuration()
    configuration.units = [.hook("h", change)]
    var bench = Bench(configuration)
    bench.feed(.began)
    return bench
  }

  @Test func oneThatTakesTooLongIsEndedAndThenKilled() {
    var bench = hook { $0.timeout = .seconds(10) }
    bench.pass(.milliseconds(9_999))
    #expect(bench.signals == [])
    bench.pass(.milliseconds(1))
    #expect(bench.signals == [.terminate])
    bench.pass(.milliseconds(4_999))
    #expect(bench.signals == [.terminate])
    bench.pass(.milliseconds(1))
    #expect(bench.signals == [.terminate, .kill])
    bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.state() == .failed && bench.effects.contains(leftovers))
  }

  @Test func oneThatTakesTooLongHasFailedWhateverItSays() {
    var bench = hook { $0.timeout = .seconds(10) }
    bench.pass(.seconds(10))
    bench.exit(0, .code(0))
    #expect(bench.state() == .failed && bench.effects.contains(leftovers))
  }

  @Test func oneThatFailsLeavesNoProcessBehind() {
    var bench = hook { $0.onFailure = .continue }
    bench.exit(0, .code(3))
    #expect(bench.effects.contains(leftovers))
  }

  @Test func oneThatSucceedsMayLeaveProcessesBehind() {
    var bench = hook { _ in }
    bench.exit(0, .code(0))
    #expect(bench.state() == .succeeded && !bench.effects.contains(leftovers))
  }

  @Test func stopHooksRunInTheirOrderAndTheFirstFailureDecidesTheCode() {
    var configuration = Configuration()
    configuration.units = ["second", "first"].map { name in
      .hook(name) {
        $0.stage = .stop
        $0.onFailure = .abort
      }
    }
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.signalled(.terminate))
    #expect(bench.state(0) == .running && bench.state(1) == .stopped)
    bench.exit(0, .code(4))
    #expect(bench.state(1) == .running)
    bench.exit(1, .code(5))
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 4)
  }

  @Test func afterAStartThatHasFailedNoStopHookRuns() {
    var configuration = Configuration()
    configuration.units = [
      .hook("h") { $0.onFailure = .abort }, .hook("cleanup") { $0.stage = .stop },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.exit(0, .code(7))
    #expect(bench.state(1) == .stopped && bench.spawns == 1)
    bench.feed(.outputFlushed)
    bench.feed(.childless)
    #expect(bench.exitCode == 7)
  }
}
