import ProgramSpec
import SuperviseCore
import Testing

/// supervisord's state machine, row by row.
@Suite struct ProgramTests {
  @Test func aProgramThatStaysUpIsRunningAndReady() {
    var bench = Bench { _ in }
    bench.feed(.began)
    bench.pass(.milliseconds(999))
    #expect(bench.state() == .starting)
    bench.pass(.milliseconds(1))
    #expect(bench.moves() == [.starting, .running, .ready])
  }

  struct Exit: CustomTestStringConvertible, Sendable {
    var automatic: RestartPolicy.Automatic
    var status: SuperviseCore.ExitStatus
    var state: StateName
    var testDescription: String { "\(automatic), \(status)" }
  }

  @Test(arguments: [
    Exit(automatic: .never, status: .code(0), state: .exited),
    Exit(automatic: .never, status: .code(3), state: .exited),
    Exit(automatic: .unexpected, status: .code(0), state: .exited),
    Exit(automatic: .unexpected, status: .code(3), state: .starting),
    Exit(automatic: .unexpected, status: .signal(9, coreDumped: false), state: .starting),
    Exit(automatic: .always, status: .code(0), state: .starting),
  ])
  func anExitFromRunning(_ row: Exit) {
    var bench = Bench { $0.restart.automatic = row.automatic }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.exit(0, row.status)
    #expect(bench.state() == row.state)
  }

  @Test func failedStartsWaitOneSecondMoreEachTime() {
    var bench = Bench { $0.restart.startRetries = 3 }
    bench.feed(.began)
    for wait in 1...3 {
      bench.exit(0, .code(0))
      #expect(bench.state() == .backoff)
      bench.pass(.milliseconds(wait * 1000 - 1))
      #expect(bench.state() == .backoff)
      bench.pass(.milliseconds(1))
      #expect(bench.state() == .starting)
    }
    bench.exit()
    #expect(bench.moves().suffix(2) == [.backoff, .fatal])
  }

  @Test func aPlannedExitIsNoFailedStart() {
    var bench = Bench {
      $0.restart.plannedExitCodes = [0, 12]
      $0.restart.automatic = .always
      $0.restart.startRetries = 0
    }
    bench.feed(.began)
    for _ in 0..<100 {
      bench.exit(0, .code(12))
      bench.pass(.seconds(1) - .milliseconds(1))
      #expect(bench.state() == .exited)
      bench.pass(.milliseconds(1))
      #expect(bench.state() == .starting)
    }
    #expect(!bench.moves().contains(.backoff))
    bench.exit(0, .code(1))
    #expect(bench.state() == .fatal)
  }

  @Test func aPlannedExitIsExpected() {
    var bench = Bench { $0.restart.plannedExitCodes = [12] }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.exit(0, .code(12))
    let expected = bench.effects.contains { effect in
      guard case .record(let record) = effect,
        case .moved(_, .exited, _, let reason) = record.happening
      else { return false }
      return reason == .exit(.code(12), expected: true)
    }
    #expect(expected)
    bench.pass(.seconds(60))
    #expect(bench.state() == .exited)
  }

  @Test func restartsLongAgoDoNotCountTowardsTheLimit() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.limit = RestartLimit(count: 2, window: .seconds(60))
    }
    bench.feed(.began)
    for _ in 0..<10 {
      bench.pass(.seconds(31))
      #expect(bench.state() == .running)
      bench.exit()
    }
  }

  @Test func plannedExitsKeepToTheDelayAndTheLimit() {
    var bench = Bench {
      $0.restart.plannedExitCodes = [12]
      $0.restart.automatic = .always
      $0.restart.delay = RestartDelay(initial: .seconds(3))
      $0.restart.limit = RestartLimit(count: 2, window: .seconds(60))
    }
    bench.feed(.began)
    for _ in 0..<2 {
      bench.exit(0, .code(12))
      bench.pass(.milliseconds(2999))
      #expect(bench.state() == .exited)
      bench.pass(.milliseconds(1))
      #expect(bench.state() == .starting)
    }
    bench.exit(0, .code(12))
    bench.pass(.seconds(3))
    #expect(bench.state() == .fatal)
  }

  @Test func whoEndsAtOnceIsStartedOnceASecond() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.startSeconds = .zero
    }
    bench.feed(.began)
    bench.pass(.milliseconds(400))
    bench.exit()
    bench.pass(.milliseconds(599))
    #expect(bench.state() == .exited)
    bench.pass(.milliseconds(1))
    #expect(bench.state() == .running)
    bench.pass(.seconds(1))
    bench.exit()
    #expect(bench.state() == .running)
  }

  @Test func readyBeforeStartsecsDoesNotForgetFailures() {
    var bench = Bench {
      $0.readiness = .notify
      $0.restart.startRetries = 2
    }
    bench.feed(.began)
    for failure in 1...3 {
      #expect(bench.state() == .starting)
      bench.feed(.announcedReadiness(Self.id))
      bench.exit()
      bench.pass(.seconds(failure))
    }
    #expect(bench.state() == .fatal)
  }

  @Test func readyBeforeStartsecsAndUpSinceForgetsFailures() {
    var bench = Bench {
      $0.readiness = .notify
      $0.restart.startRetries = 1
    }
    bench.feed(.began)
    for _ in 0..<3 {
      bench.exit()
      bench.pass(.seconds(1))
      bench.feed(.announcedReadiness(Self.id))
      bench.pass(.seconds(1))
      bench.exit(0, .code(1))
    }
    #expect(bench.state() == .starting)
  }

  @Test func aStopEndsTheBackoff() {
    var bench = Bench { _ in }
    bench.feed(.began)
    bench.exit(0, .code(1))
    #expect(bench.state() == .backoff)
    bench.feed(.asked(AskID(1), .stop(["p"])))
    #expect(bench.state() == .stopped)
    #expect(bench.answers == [.stopped(InstanceID(0)), .end])
    bench.pass(.seconds(60))
    #expect(bench.spawns == 1)
  }

  @Test func missingCommandsBackOffToo() {
    var bench = Bench { $0.restart.startRetries = 1 }
    bench.spawnFailure = SpawnFailure(kind: .noFile, text: "can't find command")
    bench.feed(.began)
    bench.pass(.seconds(5))
    #expect(bench.moves() == [.starting, .backoff, .starting, .backoff, .fatal])
  }

  @Test func aStopEndsInKill() {
    var bench = Bench {
      $0.stop.steps = [
        StopStep(signal: .terminate, wait: .seconds(2)),
        StopStep(signal: .quit, wait: .seconds(3)),
      ]
    }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.pass(.seconds(9))
    #expect(bench.signals == [.terminate, .quit, .kill, .kill])
    bench.exit(0, .signal(9, coreDumped: false))
    #expect(bench.answers == [.stopped(InstanceID(0)), .end])
    #expect(bench.state() == .stopped)
  }

  @Test func restartDelaysGrowAndFallBack() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.delay = RestartDelay(initial: .seconds(1))
    }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.exit()
    bench.pass(.milliseconds(999))
    #expect(bench.state() == .exited)
    bench.pass(.milliseconds(1))
    bench.exit()
    bench.pass(.milliseconds(1999))
    #expect(bench.state() == .backoff)
    bench.pass(.milliseconds(1))
    #expect(bench.state() == .starting)
    bench.pass(.seconds(2))
    bench.exit()
    bench.pass(.seconds(1))
    #expect(bench.state() == .starting)
  }

  @Test func tooManyRestartsAreFatal() {
    var bench = Bench {
      $0.restart.automatic = .always
      $0.restart.startSeconds = .zero
      $0.restart.limit = RestartLimit(count: 2, window: .seconds(60))
    }
    bench.feed(.began)
    for _ in 0..<3 {
      #expect(bench.state() == .running)
      bench.exit()
      bench.pass(.seconds(1))
    }
    #expect(bench.state() == .fatal)
  }

  struct Start: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var answers: [Answer]
    var happens: @Sendable (inout Bench) -> Void
  }

  private static let id = InstanceID(0)

  @Test(arguments: [
    Start(testDescription: "it stays up", answers: [.started(id), .end]) { $0.pass(.seconds(2)) },
    Start(
      testDescription: "it dies",
      answers: [
        .fault(name: "p", .spawnError, isGroup: false), .end,
      ]
    ) { $0.exit(0, .code(1)) },
    Start(
      testDescription: "shutdown begins",
      answers: [
        .fault(name: "p", .shutdownState, isGroup: false), .end,
      ]
    ) { $0.feed(.signalled(.terminate)) },
  ])
  func aStartIsAnsweredOnceItIsSettled(_ row: Start) {
    var bench = Bench { $0.autostart = false }
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .start(["p"])))
    #expect(bench.answers == [])
    row.happens(&bench)
    #expect(bench.answers == row.answers)
  }
}
