import EventsProtocol
import Testing

@testable import Events

@Suite struct BrokerTests {
  @Test func anEnvelopeIsSupervisords() {
    var bench = Bench(serial: 21)
    bench.pool("mypool", [.processState])
    bench.listener("mypool", 1)
    bench.happen(.processStarting, "processname:é")
    #expect(
      bench.sent[0].envelope == "ver:3.0 server:srv serial:21 pool:mypool poolserial:0 "
        + "eventname:PROCESS_STATE_STARTING len:14\nprocessname:é")
    #expect(bench.said == ["0 event 21 sent to listener l1"])
  }

  @Test func aLengthMayCountCharacters() {
    var bench = Bench()
    var description = PoolDescription(name: "p", server: "s", events: [.event])
    description.countsCharacters = true
    bench.on(.poolAdded(description))
    bench.listener("p", 1)
    bench.happen(.remoteCommunication, "é€🙂x")
    #expect(bench.sent[0].envelope.hasSuffix(" len:4\né€🙂x"))
  }

  private func answered(
    _ result: String, _ handler: ResultHandler, marksLines: Bool = false
  ) -> Bench {
    var bench = Bench()
    var description = PoolDescription(name: "p", server: "s", events: [.event])
    description.resultHandler = handler
    description.marksLines = marksLines
    bench.on(.poolAdded(description))
    bench.listener("p", 1)
    bench.happen(.processLogStdout, "x")
    bench.write(1, "RESULT \(result.utf8.count)\n\(result)READY\n")
    return bench
  }

  @Test func supervisorStdoutShowsWhatItsListenerReturns() {
    let head = "processname:web groupname:g pid:7 channel:stderr\n"
    #expect(answered(head + "one\ntwo\n", .supervisorStdout).shown == ["web stderr | one\ntwo\n"])
    #expect(answered(head, .supervisorStdout).shown == ["web stderr | "])
    let long = String(repeating: "é", count: 8 << 10)
    #expect(answered(head + long, .supervisorStdout).shown == ["web stderr | " + long])
    #expect(
      answered(head + "one\n", .supervisorStdout, marksLines: true).shown
        == ["marked: web stderr | one\n"])
  }

  @Test(arguments: ["OK", "processname:a\nx", "a channel:stdout processname:b\nx", "a:b:c\nx", ""])
  func aResultThatSupervisorStdoutCannotReadIsAnError(_ result: String) {
    let bench = answered(result, .supervisorStdout)
    #expect(bench.shown.isEmpty)
    #expect(bench.said.contains("2 l1: event caused an error"))
    #expect(bench.broker.state(of: 1) == .unknown)
  }

  @Test func anUnknownHandlerAcceptsEveryResult() {
    for result in ["", "FAIL", "processname:a\nx"] {
      let bench = answered(result, .unknown)
      #expect(bench.said.contains("0 l1: event was processed") && bench.shown.isEmpty)
      #expect(bench.broker.state(of: 1) == .ready)
    }
  }

  @Test func anEventThatNobodyWantsTakesNoNumber() {
    var bench = Bench()
    bench.pool("a", [.processState])
    bench.pool("b", [.tick5, .processFatal])
    bench.listener("a", 1)
    bench.listener("b", 2)
    for type in [EventType.tick60, .processGroupAdded, .processFatal, .tick5] { bench.happen(type) }
    #expect(bench.numbers == ["1:0/0", "2:0/0"])
    bench.write(2, "RESULT 2\nOKREADY\n")
    #expect(bench.numbers.last == "2:1/1")
  }

  @Test func overlappingSubscriptionsDeliverTwiceAndEqualOnesOnce() {
    var bench = Bench()
    bench.pool("p", [.processState, .processExited, .processExited, .tick])
    bench.listener("p", 1)
    bench.happen(.processExited)
    bench.write(1, "RESULT 2\nOKREADY\n")
    bench.write(1, "RESULT 2\nOKREADY\n")
    #expect(bench.numbers == ["1:0/0", "1:0/0"])
    #expect(bench.said.contains("0 rebuffering event 0 for pool p (buf size=1, max=10)"))
  }

  @Test func onlyAProcessThatRunsIsSentEvents() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1, isRunning: false)
    bench.happen()
    #expect(bench.sent.isEmpty)
    bench.on(.listenerRunning(instance: 1, true))
    #expect(bench.numbers == ["1:0/0"])
  }

  @Test func theFirstThatIsReadyIsSentTheOldest() {
    var bench = Bench()
    bench.pool("p", [.event])
    for instance in [3, 1, 2] as [UInt32] { bench.listener("p", instance) }
    for _ in 0..<4 { bench.happen() }
    bench.write(2, "RESULT 2\nOKREADY\n")
    #expect(bench.numbers == ["1:0/0", "2:1/1", "3:2/2", "2:3/3"])
  }

  @Test func aFullBufferLosesItsOldest() {
    var bench = Bench()
    bench.pool("p", [.event], size: 2)
    for _ in 0..<4 { bench.happen() }
    bench.listener("p", 1)
    bench.listener("p", 2)
    #expect(bench.numbers == ["1:2/2", "2:3/3"])
    #expect(
      bench.said.prefix(2) == [
        "3 pool p event buffer overflowed, discarding event 0",
        "3 pool p event buffer overflowed, discarding event 1",
      ])
  }

  @Test func aRejectedEventKeepsItsNumbersAndComesAfterARest() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.said = []
    bench.write(1, "RESULT 4\nFAILREADY\n")
    #expect(
      bench.said == [
        "2 l1: event was rejected", "0 l1: BUSY -> ACKNOWLEDGED",
        "0 rebuffering event 0 for pool p (buf size=0, max=10)", "0 l1: ACKNOWLEDGED -> READY",
      ])
    #expect(bench.numbers == ["1:0/0"])
    var rests: [UInt64] = []
    for _ in 0..<9 {
      let deadline = bench.broker.nextDeadline ?? 0
      rests.append((deadline - bench.now) / 1_000_000)
      bench.now = deadline - 1
      bench.on(.deadlinePassed)
      let before = bench.sent.count
      bench.now = deadline
      bench.on(.deadlinePassed)
      #expect(bench.sent.count == before + 1)
      bench.write(1, "RESULT 4\nFAILREADY\n")
    }
    #expect(rests == [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    #expect(Set(bench.numbers) == ["1:0/0"])
  }

  @Test func successEndsTheGrowthOfTheRest() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.happen()
    var rests: [UInt64] = []
    for answer in ["4\nFAIL", "4\nFAIL", "2\nOK", "4\nFAIL"] {
      bench.write(1, "RESULT \(answer)READY\n")
      let deadline = bench.broker.nextDeadline ?? bench.now
      rests.append((deadline - bench.now) / 1_000_000)
      bench.now = deadline
      bench.on(.deadlinePassed)
    }
    #expect(rests == [100, 200, 0, 100])
    #expect(bench.numbers == ["1:0/0", "1:0/0", "1:0/0", "1:1/1", "1:1/1"])
  }

  @Test func anotherThatIsReadyTakesWhatOneRejects() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.pool("q", [.event])
    for (instance, pool) in [(1, "p"), (2, "p"), (3, "q")] as [(UInt32, String)] {
      bench.listener(pool, instance)
    }
    bench.happen()
    bench.write(1, "RESULT 4\nFAIL")
    #expect(bench.numbers == ["1:0/0", "3:0/0", "2:0/0"])
  }

  @Test func whatADeadListenerHadGoesToTheNext() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.happen()
    bench.on(.listenerEnded(instance: 1))
    bench.listener("p", 1, .acknowledged)
    bench.write(1, "READY\n")
    bench.write(1, "RESULT 2\nOKREADY\n")
    #expect(bench.numbers == ["1:0/0", "1:0/0", "1:1/1"])
  }

  @Test func aBadResultIsTheEndOfTheConversationButNotOfTheEvent() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.said = []
    bench.write(1, "RESULT \u{FF}\nREADY\n")
    bench.write(1, "READY\n")
    #expect(
      bench.said == [
        "2 l1: bad result line: 'RESULT ÿ'", "0 l1: BUSY -> UNKNOWN",
        "2 l1: has entered the UNKNOWN state and will no longer receive events, this usually "
          + "indicates the process violated the eventlistener protocol",
        "0 rebuffering event 0 for pool p (buf size=0, max=10)",
      ])
    #expect(bench.broker.state(of: 1) == .unknown)
    bench.listener("p", 2)
    #expect(bench.numbers == ["1:0/0", "2:0/0"])
  }

  @Test func aBadLineMayBeNoText() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.on(.listenerWrote(instance: 1, [0xFF, 10]))
    #expect(bench.said.contains("2 l1: bad result line: 'Undecodable: b'\\xff''"))
  }

  @Test func aListenerThatReadsNothingIsPassedOver() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.listener("p", 2, .acknowledged)
    bench.on(.happened(.tick5, payload: []), deaf: [1])
    bench.on(.deadlinePassed, deaf: [1])
    #expect(
      bench.said == [
        "0 epipe occurred while sending event 0 to listener l1, listener state unchanged"
      ])
    #expect(bench.broker.state(of: 1) == .ready)
    #expect(bench.broker.nextDeadline == nil)
    bench.write(2, "READY\n")
    #expect(bench.numbers == ["2:0/0"])
  }

  @Test func oneThatStopsReadingMayStillAnswerWhatItHas() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    bench.on(.listenerDeaf(instance: 1))
    #expect(bench.broker.state(of: 1) == .busy)
    bench.write(1, "RESULT 2\nOK")
    #expect(bench.said.contains("0 l1: event was processed"))
  }

  @Test func aPoolIsGoneWithAllItHad() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.happen()
    bench.on(.poolRemoved(name: "p"))
    bench.happen()
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.happen()
    #expect(bench.numbers == ["1:1/0"])
  }

  @Test func anAnswerToAnEarlierLifeIsTaken() {
    var bench = Bench()
    bench.pool("p", [.event])
    bench.listener("p", 1, .busy)
    bench.write(1, "RESULT 4\nFAILREADY\n")
    bench.happen()
    bench.now = Listener.firstRest
    bench.on(.deadlinePassed)
    #expect(bench.numbers == ["1:0/0"])
  }

  @Test func countersBeginAnewAfterTheLargest() {
    var bench = Bench(serial: .max)
    bench.pool("p", [.event])
    bench.listener("p", 1)
    bench.listener("p", 2)
    bench.happen()
    bench.happen()
    #expect(bench.numbers == ["1:9223372036854775807/0", "2:0/1"])
  }
}
