import Probe
import ProgramSpec
import SuperviseCore
import Testing

/// Rounds of checks with made-up verdicts.
struct WaitingTests {
  private let database = ProbeURL.mysql(Endpoint(host: "db", port: 3306))
  private let cache = ProbeURL.redis(
    Endpoint(host: "cache", port: 6379), RedisLogin(password: "secret"))

  private func limits(_ timeout: Duration) -> Waiting.Limits {
    Waiting.Limits(timeout: timeout, interval: .milliseconds(10), probeTimeout: .seconds(3))
  }

  @Test func asksUntilAllAreReady() {
    var waiting = Waiting(urls: [database, cache], limits: limits(.zero))
    var asked: [ProbeURL] = []
    var heard: [String] = []
    waiting.run(
      probe: { url, time in
        #expect(time == .seconds(3))
        asked.append(url)
        return url == cache || asked.count > 3 ? .passed("\(url) ready") : .failed("\(url) not yet")
      },
      passed: { heard.append($0.words) })
    #expect(asked == [database, cache, database, database])
    #expect(heard == ["redis://:***@cache:6379 ready", "mysql://db:3306 ready"])
    #expect(waiting.isOver)
  }

  @Test func saysWhatIsMissingWhenTheTimeIsOver() {
    var waiting = Waiting(urls: [database, cache], limits: limits(.milliseconds(400)))
    waiting.run(
      probe: { url, time in
        #expect(time >= .milliseconds(100) && time <= .milliseconds(400))
        return url == cache ? .passed("up") : .failed("db:3306: connection refused")
      }, passed: { _ in })
    #expect(waiting.missing.map(\.url) == [database])
    let tries = waiting.missing.first?.tries ?? 0
    #expect((2...40).contains(tries))
    #expect(
      waiting.missing.first?.report(waiting.limits)
        == "db:3306: connection refused after \(tries) tries in 400ms")
  }

  @Test func everythingIsAskedOnceHoweverShortTheTimeIs() {
    var waiting = Waiting(urls: [database, cache], limits: limits(.nanoseconds(1)))
    var times: [Duration] = []
    waiting.run(
      probe: { _, time in
        times.append(time)
        return .failed("no")
      }, passed: { _ in })
    #expect(times == [.milliseconds(100), .milliseconds(100)])
    #expect(waiting.missing.map { $0.report(waiting.limits) }.first == "no after 1 try in 0s")
  }

  @Test(arguments: [
    [], ["foo"], ["mysql://db", "--timeout"], ["mysql://db", "--timeout", "soon"],
    ["mysql://db", "--probe-timeout=0"], ["--unknown", "mysql://db"],
    ["mysql://db", "--quiet=yes"],
  ])
  func wrongCommandLinesAreRefused(_ words: [String]) {
    #expect(WaitCommand.run(arguments: words) == 2)
    #expect(ProbeCommand.run(arguments: words + ["--interval"]) == 2)
  }

  @Test func commandsEndWithTheirCodes() {
    #expect(WaitCommand.run(arguments: ["file:///etc/passwd", "--quiet", "sqlite://"]) == 0)
    #expect(WaitCommand.run(arguments: ["-q", "--timeout=10ms", "file:///nonexistent"]) == 69)
    #expect(ProbeCommand.run(arguments: ["file:///etc/passwd", "--timeout", "1s"]) == 0)
    #expect(ProbeCommand.run(arguments: ["--", "file:///nonexistent"]) == 1)
    #expect(WaitCommand.run(arguments: ["--help"]) == 0)
  }
}
