import ProgramSpec
import SuperviseCore
import Testing

/// Requests to stop a group of which a member is being stopped already.
@Suite struct StopRequestTests {
  private func stopping() -> Bench {
    var bench = Bench { _ in }
    bench.feed(.began)
    bench.pass(.seconds(2))
    bench.feed(.asked(AskID(1), .stop(["p"], waits: false)))
    bench.forget()
    return bench
  }

  @Test func aRequestThatWaitsIsAnsweredAfterTheEnd() {
    var bench = stopping()
    bench.feed(.asked(AskID(2), .stop(["p:*"], crons: true)))
    #expect(bench.answers == [])
    bench.exit()
    #expect(bench.answers == [.stopped(InstanceID(0)), .end])
  }

  @Test func aRequestThatDoesNotWaitIsAnsweredImmediately() {
    var bench = stopping()
    bench.feed(.asked(AskID(2), .stop(["p:*"], waits: false, crons: true)))
    #expect(bench.answers == [.end])
    #expect(bench.state() == .stopping)
  }
}
