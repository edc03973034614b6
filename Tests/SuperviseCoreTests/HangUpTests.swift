import ProgramSpec
import SuperviseCore
import Testing

/// Clients that hang up before they are answered: nothing of their requests is kept.
@Suite struct HangUpTests {
  private func running() -> Bench {
    var bench = Bench { $0.stop.steps = [StopStep(signal: .terminate, wait: .seconds(60))] }
    bench.feed(.began)
    bench.pass(.seconds(2))
    return bench
  }

  @Test func aRequestToAwaitReadinessIsForgotten() {
    var bench = Bench { $0.readiness = .notify }
    bench.feed(.began)
    let before = bench.fleet
    bench.feed(.asked(AskID(1), .awaitReadiness))
    #expect(bench.fleet != before)
    bench.feed(.hungUp(AskID(1)))
    #expect(bench.fleet == before)
    bench.feed(.announcedReadiness(InstanceID(0)))
    bench.pass(.seconds(2))
    #expect(bench.answers == [])
  }

  @Test func aRequestToStopIsForgottenAndTheStopContinues() {
    var (patient, impatient) = (running(), running())
    patient.feed(.asked(AskID(1), .stop(["p"], waits: false)))
    impatient.feed(.asked(AskID(1), .stop(["p"])))
    impatient.feed(.hungUp(AskID(1)))
    #expect(impatient.fleet == patient.fleet && impatient.state() == .stopping)
    impatient.exit(0, .signal(15, coreDumped: false))
    #expect(impatient.answers == [])
  }

  @Test func otherRequestsAreKept() {
    var bench = running()
    bench.feed(.asked(AskID(1), .stop(["p"])))
    bench.feed(.asked(AskID(2), .awaitReadiness))
    bench.feed(.hungUp(AskID(2)))
    bench.exit(0, .signal(15, coreDumped: false))
    #expect(bench.answers.last == .end)
    #expect(bench.answers.contains(.stopped(InstanceID(0))))
  }
}
