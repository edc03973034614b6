import ProgramSpec
import SuperviseCore
import Testing

/// What a program announces by sd_notify(3), and the watchdog.
@Suite struct NotificationTests {
  private static let id = InstanceID(0)

  private func running(_ change: @escaping (inout Program) -> Void) -> Bench {
    var bench = Bench {
      $0.readiness = .notify
      change(&$0)
    }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.forget()
    return bench
  }

  private func announced(_ bench: Bench) -> [Notification] {
    bench.effects.compactMap { effect in
      guard case .record(let record) = effect, case .announced(let notification) = record.happening
      else { return nil }
      return notification
    }
  }

  @Test func readyCountsOnlyWhereItIsWaitedFor() {
    var bench = running { _ in }
    bench.feed(.notified(Self.id, .ready))
    #expect(bench.moves() == [.ready])
    bench = running { $0.readiness = .probe(.tcp(Endpoint(host: "localhost", port: 80))) }
    bench.feed(.notified(Self.id, .ready))
    #expect(bench.moves() == [])
  }

  @Test func whatIsToldIsShownOnceAndForgottenAtTheNextStart() {
    var bench = running { $0.restart.automatic = .never }
    for notification in [
      Notification.status("up"), .status("up"), .failed(errno: 2), .reloading, .ready, .ready,
    ] {
      bench.feed(.notified(Self.id, notification))
    }
    #expect(announced(bench) == [.status("up"), .failed(errno: 2), .reloading, .ready])
    let told = bench.fleet.snapshot(of: Self.id).announced
    #expect(told.status == "up" && told.errno == 2 && !told.isReloading)
    bench.exit(0, .code(1))
    #expect(bench.fleet.snapshot(of: Self.id).announced.errno == 2)
    bench.feed(.asked(AskID(1), .start(["p"])))
    let forgotten = bench.fleet.snapshot(of: Self.id).announced
    #expect(forgotten.status == nil && forgotten.errno == nil)
  }

  @Test func aWatchdogThatIsNotFedRestartsTheProgram() {
    var bench = running { $0.watchdog = .seconds(30) }
    bench.pass(.seconds(50))
    #expect(bench.signals == [], "not ready yet")
    bench.feed(.notified(Self.id, .ready))
    bench.pass(.seconds(29))
    bench.feed(.notified(Self.id, .watchdog))
    bench.pass(.seconds(29))
    #expect(bench.signals == [])
    bench.pass(.seconds(1))
    #expect(bench.signals == [.terminate])
    bench.exit()
    #expect(bench.state() == .starting)
    #expect(bench.fleet.snapshot(of: Self.id).restartCounts?[.watchdog] == 1)
  }

  @Test(arguments: [
    (Notification.watchdogInterval(.seconds(60)), Duration.seconds(60)),
    (.watchdogInterval(.milliseconds(1)), .seconds(1)),
    (.watchdogInterval(.seconds(100_000)), .seconds(300)),
    (.extendTimeout(.seconds(100_000)), .seconds(30)),
  ])
  func theIntervalChangesWithinLimits(_ notification: Notification, _ interval: Duration) {
    var bench = running { $0.watchdog = .seconds(30) }
    bench.feed(.notified(Self.id, .ready))
    bench.feed(.notified(Self.id, notification))
    bench.pass(interval - .milliseconds(1))
    #expect(bench.signals == [])
    bench.pass(.milliseconds(1))
    #expect(bench.signals == [.terminate])
  }

  @Test func aTriggerCountsOnlyWithAWatchdog() {
    var bench = running { _ in }
    bench.feed(.notified(Self.id, .watchdogTriggered))
    #expect(bench.signals == [])
    bench = running { $0.watchdog = .seconds(30) }
    bench.feed(.notified(Self.id, .watchdogTriggered))
    #expect(bench.signals == [.terminate])
  }

  @Test func nobodyIsWatchedWhileItStops() {
    var bench = running {
      $0.watchdog = .seconds(5)
      $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(60))]
    }
    bench.feed(.notified(Self.id, .ready))
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.pass(.seconds(50))
    #expect(bench.signals == [.terminate])
    bench = running { $0.watchdog = .seconds(5) }
    bench.feed(.notified(Self.id, .ready))
    bench.feed(.notified(Self.id, .stopping))
    bench.feed(.notified(Self.id, .watchdog))
    bench.feed(.notified(Self.id, .watchdogInterval(.seconds(2))))
    bench.pass(.seconds(50))
    #expect(bench.signals == [])
  }

  @Test func aStartIsExtendedUpToTenTimes() {
    var bench = running { $0.readyTimeout = .seconds(10) }
    bench.feed(.notified(Self.id, .extendTimeout(.seconds(1))))
    bench.pass(.seconds(7))
    #expect(bench.signals == [], "never to an earlier time")
    bench.feed(.notified(Self.id, .extendTimeout(.seconds(1_000_000))))
    bench.pass(.seconds(90))
    #expect(bench.signals == [])
    bench.pass(.seconds(1))
    #expect(bench.signals == [.terminate])
  }

  @Test func aStopIsExtendedUpToTenTimesAndNotByADeadProcess() {
    var bench = running { $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(10))] }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    for _ in 0..<30 {
      bench.feed(.notified(Self.id, .extendTimeout(.seconds(20))))
      bench.pass(.seconds(3))
    }
    #expect(bench.signals == [.terminate])
    bench.pass(.seconds(10))
    #expect(bench.signals == [.terminate, .kill])
    bench.feed(.notified(Self.id, .extendTimeout(.seconds(20))))
    bench.pass(.seconds(10))
    #expect(bench.signals == [.terminate, .kill, .kill])
  }

  @Test func aShutdownIsNotExtended() {
    var bench = running {
      $0.stop.steps = [
        StopStep(signal: .quit, wait: .seconds(10)),
        StopStep(signal: .terminate, wait: .seconds(5)),
      ]
    }
    bench.feed(.signalled(.terminate))
    for _ in 0..<4 {
      bench.feed(.notified(Self.id, .extendTimeout(.seconds(60))))
      bench.pass(.seconds(4))
    }
    #expect(bench.signals == [.quit, .terminate, .kill])
  }

  /// The time that is left is the configured one, counted from the beginning of the shutdown.
  @Test(arguments: [false, true]) func aShutdownEndsAnExtension(_ hasStopCommand: Bool) {
    var bench = running {
      $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(10))]
      if hasStopCommand { $0.processes[0].stopCommand = ["true"] }
    }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.feed(.notified(Self.id, .extendTimeout(.seconds(90))))
    bench.pass(.seconds(30))
    bench.feed(.signalled(.terminate))
    bench.feed(.notified(Self.id, .extendTimeout(.seconds(60))))
    bench.pass(.seconds(9))
    let first: [Signal] = hasStopCommand ? [] : [.terminate]
    #expect(bench.signals == first)
    bench.pass(.seconds(1))
    #expect(bench.signals == first + [.kill])
  }

  /// A shutdown makes no wait longer, either.
  @Test func aShutdownKeepsADeadlineThatIsNotExtended() {
    var bench = running { $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(10))] }
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.pass(.seconds(8))
    bench.feed(.signalled(.terminate))
    bench.pass(.seconds(2))
    #expect(bench.signals == [.terminate, .kill])
  }

  @Test func anotherMainProcessIsShown() {
    var bench = running { _ in }
    bench.feed(.notified(Self.id, .mainProcess(4321)))
    bench.feed(.notified(Self.id, .mainProcess(4321)))
    #expect(bench.fleet.snapshot(of: Self.id).pid == 4321)
    #expect(announced(bench) == [.mainProcess(4321)])
  }

  @Test func lateMessagesChangeNothing() {
    var bench = running {
      $0.watchdog = .seconds(5)
      $0.restart.automatic = .never
    }
    bench.exit(0, .code(1))
    bench.forget()
    for notification in [
      Notification.ready, .stopping, .status("x"), .watchdog, .watchdogTriggered,
      .mainProcess(9), .extendTimeout(.seconds(1)),
    ] {
      bench.feed(.notified(Self.id, notification))
    }
    #expect(bench.effects == [])
    #expect(bench.fleet.violations() == [])
  }
}
