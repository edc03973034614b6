import ProgramSpec
import SuperviseCore
import Testing

/// Whoever asks for a start that will not come by itself is told so, and need not wait with it.
@Suite struct HeldUpTests {
  private let heldUp = Answer.fault(name: "top", .abnormalTermination, isGroup: false)

  /// `top` needs `middle`, which needs `base`, and none of them starts by itself.
  private func tower() -> Bench {
    var configuration = Configuration()
    let manual: (inout Program) -> Void = {
      $0.autostart = false
      $0.restart.startRetries = 0
    }
    configuration.units = [
      .program("base", manual), .program("middle", needs: ["base"], manual),
      .program("top", needs: ["middle"], manual),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    return bench
  }

  @Test func byWhatHasFailedAtSeveralRemoves() {
    var bench = tower()
    bench.feed(.asked(AskID(1), .start(["top"])))
    #expect(bench.answers == [])
    bench.exit(0, .code(1))
    #expect(bench.answers == [heldUp, .end])
    #expect(bench.fleet.isHeldUp(InstanceID(2)))
    // It goes on waiting all the same.
    bench.feed(.asked(AskID(2), .start(["base"])))
    bench.pass(.seconds(3))
    #expect(bench.state(2) == .running)
    #expect(!bench.fleet.isHeldUp(InstanceID(2)))
  }

  @Test func byWhatIsStoppedMeanwhile() {
    var bench = tower()
    bench.feed(.asked(AskID(1), .start(["top"])))
    bench.pass(.seconds(1))
    bench.feed(.asked(AskID(2), .stop(["middle"])))
    bench.exit(1, .signal(15, coreDumped: false))
    #expect(bench.answers == [heldUp, .end, .stopped(InstanceID(1)), .end])
  }

  @Test func notByWhatIsOnItsWayOrIsTriedAgain() {
    var bench = tower()
    bench.feed(.asked(AskID(1), .start(["top"])))
    bench.pass(.milliseconds(2500))
    #expect(bench.answers == [])
    bench.pass(.seconds(1))
    #expect(bench.answers == [.started(InstanceID(2)), .end])
  }

  @Test func whoAsksTooLateIsToldAtOnce() {
    var bench = tower()
    bench.feed(.asked(AskID(1), .start(["base"])))
    bench.exit(0, .code(1))
    bench.forget()
    bench.feed(.asked(AskID(2), .start(["top"])))
    #expect(bench.answers == [heldUp, .end])
  }

  @Test func aRequestForReadinessThatABlockedUnitPrevents() {
    var configuration = Configuration()
    configuration.units = [
      .program("base") {
        $0.autostart = false
        $0.restart.startRetries = 0
      }, .program("top", needs: ["base"]),
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .awaitReadiness))
    #expect(bench.answers == [])
    bench.exit(0, .code(1))
    #expect(bench.answers == [.neverReady(reason: "top waits for base"), .end])
    bench.forget()
    bench.feed(.asked(AskID(2), .awaitReadiness))
    #expect(bench.answers == [.neverReady(reason: "top waits for base"), .end])
  }

  @Test func aRequestForReadinessThatAnExitPrevents() {
    var bench = Bench {
      $0.readiness = .notify
      $0.restart.automatic = .never
    }
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .awaitReadiness))
    bench.pass(.seconds(2))
    #expect(bench.answers == [])
    bench.exit(0, .code(0))
    #expect(bench.answers == [.neverReady(reason: "p is EXITED"), .end])
  }

  /// A planned exit makes it ready, also the one that is a restart too many.
  @Test func aProgramThatWasReadyBeforeItBecameFatalEndsTheStart() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.startSeconds = .seconds(5)
      $0.restart.plannedExitCodes = [0]
      $0.restart.limit = RestartLimit(count: 1, window: .seconds(60))
    }
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .awaitReadiness))
    bench.exit(0, .code(1))
    bench.pass(.seconds(3))
    bench.exit(0, .code(0))
    #expect(bench.fleet.state(of: InstanceID(0)) == .fatal)
    #expect(bench.answers == [.ready, .end])
  }

  @Test func aRollEndsWithTheFirstThatCannotComeBack() {
    var bench = tower()
    bench.feed(.asked(AskID(1), .start(["base"])))
    bench.exit(0, .code(1))
    bench.forget()
    bench.feed(.asked(AskID(2), .roll(["top", "base"])))
    #expect(bench.answers == [heldUp, .end])
  }

  /// A program in BACKOFF that waits for `z` too: if it becomes FATAL, the roll has failed, and
  /// does not start it again later.
  @Test func aRollEndsWithAStartThatFailsMeanwhile() {
    var configuration = Configuration()
    configuration.units = [
      .program("z") { $0.readiness = .notify },
      .program("web", needs: ["z"]) {
        $0.restart.limit = RestartLimit(count: 1, window: .seconds(60))
        $0.restart.startSeconds = .seconds(5)
      },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.announcedReadiness(InstanceID(0)))
    bench.pass(.seconds(1))
    bench.exit(1, .code(1))
    bench.pass(.seconds(2))
    bench.feed(.asked(AskID(1), .restart(["z"], waits: false)))
    bench.exit(0)
    bench.exit(1, .code(1))
    bench.forget()
    bench.feed(.asked(AskID(2), .roll(["web"])))
    #expect(bench.state(1) == .backoff)
    #expect(bench.answers == [])
    bench.pass(.seconds(5))
    #expect(bench.state(1) == .fatal)
    #expect(bench.answers == [.fault(name: "web", .abnormalTermination, isGroup: false), .end])
  }

  /// A cron is always satisfied: what depends on it does not wait for it, even if the cron itself
  /// is blocked.
  @Test func notByACronThatIsBlocked() throws {
    let daily = try Schedule.parse("@daily").inZone(.utc)
    let cron = Cron(execution: Execution(arguments: ["c"]), schedule: daily)
    var blocked = Unit(name: "c", work: .cron(cron))
    blocked.dependsOn = ["base"]
    var configuration = Configuration()
    configuration.units = [
      .program("base") { ($0.autostart, $0.restart.startRetries) = (false, 0) }, blocked,
      .program("slow") { ($0.autostart, $0.readiness) = (false, .notify) },
      .program("top", needs: ["c", "slow"]) { $0.autostart = false },
    ]
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .start(["c"], waits: false, crons: true)))
    bench.exit(0, .code(1))
    #expect(bench.fleet.isHeldUp(InstanceID(1)))
    bench.forget()
    bench.feed(.asked(AskID(2), .start(["top"])))
    #expect(bench.answers == [])
    bench.feed(.announcedReadiness(InstanceID(2)))
    bench.pass(.seconds(1))
    #expect(bench.answers == [.started(InstanceID(3)), .end])
  }

  /// `y` needs `z`, `x` comes after `y`, and `back` needs `z` too but comes back by itself.
  private func fork() -> Bench {
    var configuration = Configuration()
    var after = Unit.program("x", needs: [])
    after.after = ["y"]
    configuration.units = [
      .program("z") { $0.restart.startRetries = 0 }, .program("y", needs: ["z"]), after,
      .program("back", needs: ["z"]) { $0.restart.delay = RestartDelay(initial: .seconds(4)) },
    ]
    return Bench(configuration)
  }

  @Test func byWhatItOnlyComesAfter() {
    var bench = fork()
    bench.feed(.began)
    bench.exit(0, .code(1))
    bench.feed(.asked(AskID(1), .start(["x", "x"])))
    #expect(bench.answers == [.fault(name: "x", .abnormalTermination, isGroup: false), .end])
  }

  @Test(arguments: [true, false]) func notWhoComesBackByItself(_ isThereInTime: Bool) {
    var bench = fork()
    bench.feed(.began)
    bench.pass(.seconds(3))
    bench.exit(3, .code(1))
    bench.feed(.asked(AskID(1), .stop(["z"])))
    bench.exit(0)
    bench.forget()
    bench.feed(.asked(AskID(2), .start(["back"])))
    if !isThereInTime { bench.exit(0, .code(1)) }
    bench.pass(.milliseconds(3500))
    #expect(isThereInTime == (bench.answers == [.started(InstanceID(3)), .end]))
    bench.pass(.seconds(2))
    #expect(bench.answers == [.started(InstanceID(3)), .end])
    #expect(bench.state(3) == .running)
  }
}
