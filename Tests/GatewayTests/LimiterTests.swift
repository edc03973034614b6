import GatewayProtocol
import HTTP
import Linux
import Testing

@testable import Gateway

private let second: UInt64 = 1_000_000_000

private func peer(_ address: String) throws -> Peer {
  Peer(try #require(NetworkAddress(address)))
}

@Suite struct LoginLimiterTests {
  private let now: UInt64 = 1_000 * second

  @Test func eachFailureDoublesTheDelay() throws {
    var limiter = LoginLimiter()
    let peer = try peer("10.0.0.3").key
    var time = now
    var delays: [UInt64] = []
    for _ in 0..<8 {
      #expect(limiter.verdict(on: peer, at: time) == .checkNow)
      let next = limiter.noteFailure(of: peer, at: time)
      #expect(limiter.verdict(on: peer, at: time) == .checkAt(next))
      delays.append(next - time)
      time = next
    }
    #expect(delays == delays.sorted() && delays[0] == 100_000_000)
    #expect(delays.last! <= LoginLimiter.longestDelay && delays.last! >= second)
  }

  @Test func aPeerGetsAtMostAHandfulOfGuessesASecond() throws {
    var limiter = LoginLimiter()
    let peer = try peer("10.0.0.3").key
    var (time, guesses) = (now, 0)
    while time < now + 60 * second {
      time = limiter.noteFailure(of: peer, at: time)
      guesses += 1
    }
    #expect(guesses < 60)
  }

  @Test func failuresAreForgottenWithTime() throws {
    var limiter = LoginLimiter()
    let peer = try peer("10.0.0.3").key
    for _ in 0..<10 { _ = limiter.noteFailure(of: peer, at: now) }
    let later = now + 60 * second
    #expect(limiter.verdict(on: peer, at: later) == .checkNow)
    #expect(limiter.noteFailure(of: peer, at: later) - later == 100_000_000)
  }

  @Test func othersAreNotDelayed() throws {
    var limiter = LoginLimiter()
    _ = limiter.noteFailure(of: try peer("10.0.0.3").key, at: now)
    #expect(limiter.verdict(on: try peer("10.0.0.4").key, at: now) == .checkNow)
    #expect(limiter.verdict(on: Peer(user: 0).key, at: now) == .checkNow)
  }

  /// One host has a whole /64, and IPv4 in IPv6 is IPv4.
  @Test func addressesOfOneNetworkCountAsOne() throws {
    #expect(try peer("2001:db8::1").key == peer("2001:db8::ffff:2").key)
    #expect(try peer("2001:db8:0:1::1").key != peer("2001:db8::1").key)
    #expect(try peer("0.0.0.7").key != Peer(user: 7).key)
    #expect(try peer("127.0.0.1").key == peer("127.8.9.10").key)
    #expect(try peer("10.0.0.1").key != peer("10.8.9.10").key)
  }

  @Test func manyPeersAreForgottenRatherThanKept() throws {
    var limiter = LoginLimiter()
    for number in 0..<5000 {
      let bytes = [10, 0, UInt8(number / 256), UInt8(number % 256)]
      let address = try #require(NetworkAddress(bytes: bytes))
      _ = limiter.noteFailure(of: Peer(address).key, at: now + UInt64(number))
    }
    #expect(limiter.verdict(on: try peer("10.0.0.0").key, at: now + 5000) == .checkNow)
    let last = try peer("10.0.\(4999 / 256).\(4999 % 256)").key
    #expect(limiter.verdict(on: last, at: now + 5000) != .checkNow)
  }
}

@Suite struct ReportLimiterTests {
  @Test func theFirstCaseIsReportedAndTheOthersAreCounted() throws {
    var limiter = ReportLimiter()
    let peer = try peer("10.0.0.3")
    #expect(limiter.note(.failedLogin, peer, "a", at: 0)?.repetitions == 0)
    for _ in 0..<1000 { #expect(limiter.note(.failedLogin, peer, "b", at: second) == nil) }
    #expect(limiter.dueReports(at: 9 * second).isEmpty)
    let due = limiter.dueReports(at: 10 * second)
    #expect(due.map(\.repetitions) == [1000] && due.map(\.text) == ["b"])
    #expect(limiter.dueReports(at: 20 * second).isEmpty)
    #expect(limiter.nextDeadline == nil, "nothing wakes the loop")
  }

  @Test func manyPeersFillNoLog() throws {
    var limiter = ReportLimiter()
    let reports = try (0..<200).compactMap {
      limiter.note(.failedLogin, try peer("10.0.0.\($0)"), "", at: 0)
    }
    #expect(reports.count == 32)
  }
}

@Suite struct ListenerShareTests {
  @Test(arguments: 1...6) func noListenerTakesTheReserveOfAnother(_ listeners: Int) {
    for shares in [ListenerShares.connections, .streams] { check(shares, among: listeners) }
  }

  @Test func eachOfManyListenersHasAStream() {
    #expect(ListenerShares.streams.limit(whileOthersHave: Array(repeating: 1, count: 40)) == 1)
  }

  private func check(_ shares: ListenerShares, among listeners: Int) {
    var counts = Array(repeating: 0, count: listeners)
    // The first takes all it can; each other one still gets its reserve.
    for index in counts.indices {
      func limit() -> Int {
        var others = counts
        others.remove(at: index)
        return shares.limit(whileOthersHave: others)
      }
      while counts[index] < limit() { counts[index] += 1 }
      #expect(counts[index] >= shares.reserve(ofEach: listeners))
    }
    #expect(counts.reduce(0, +) <= shares.total)
  }
}

@Suite struct HostPolicyTests {
  private func accepts(
    _ host: String?, _ headers: [(String, String)] = [], programs: Bool = false,
    target: String = "/RPC2", method: String = "POST"
  ) -> Bool {
    let fields = headers.map { HTTPFields.Field($0.0, $0.1) }
    let head = HTTPRequestHead(
      method: method, target: target,
      fields: HTTPFields(fields + (host.map { [.init("Host", $0)] } ?? [])))
    return HostPolicy(ownName: "Box", acceptsPrograms: programs)
      .accepts(head, allowed: ["app.example"])
  }

  @Test(arguments: [
    "localhost", "LocalHost:9001", "a.localhost", "127.0.0.1", "10.0.0.1:80", "[::1]", "[::1]:9001",
    "box", "BOX:1", "app.example", "app.example.", "APP.example.:9001", "", ":9001",
  ]) func safeNamesAreAccepted(_ host: String) {
    #expect(accepts(host))
  }

  @Test(arguments: [
    "evil", "evil.example:9001", "localhost.evil", "127.0.0.1.evil", "127.1", "0x7f000001",
    "[::1].evil", "[::1", "box.evil", "app.example.evil", "localhost:80@evil", "localhost:evil",
    "localhost evil",
  ]) func otherNamesAreNot(_ host: String) {
    #expect(!accepts(host))
  }

  @Test func aTargetWithAHostCounts() {
    #expect(!accepts("localhost", target: "http://evil/RPC2"))
    #expect(accepts("localhost", target: "http://127.0.0.1:9001/RPC2"))
    #expect(accepts(nil), "a browser always sends one")
  }

  @Test func asSupervisordOnlyBrowsersAreChecked() {
    #expect(accepts("app", programs: true))
    #expect(!accepts("app", programs: true, method: "GET"), "a browser may hide in a GET")
    for header in [
      ("Origin", "http://app"), ("User-Agent", "Mozilla/5.0"), ("Sec-Fetch-Site", "same-origin"),
      ("Referer", "http://app/"),
    ] {
      #expect(!accepts("app", [header], programs: true))
    }
  }
}

@Suite struct ChangeTests {
  @Test func methodsThatOnlyReadAreNoChange() {
    let reading = Method.all.filter { !$0.isChange }.map(\.name)
    let words = ["system.", ".get", ".read", ".tail"]
    #expect(reading.allSatisfy { name in words.contains { name.contains($0) } })
    for name in ["startProcess", "clearLog", "shutdown", "reloadConfig", "sendProcessStdin"] {
      #expect(Method.named("supervisor.\(name)")?.isChange == true)
    }
  }

  @Test(arguments: [
    ("start web", true), ("native stop web", true), ("native stopnowait web", false),
    ("status", false), ("follow", true), ("info", false), ("native", false), ("", false),
  ]) func waitingQuestionsAreLong(_ line: String, _ isLong: Bool) {
    #expect(ControlAsk.isLong(line) == isLong)
  }
}

@Suite struct AdmissionTests {
  private func rank(
    _ peer: UInt32, _ usefulness: AdmissionRank.Usefulness, _ order: UInt64
  ) -> AdmissionRank {
    AdmissionRank(peer: Peer(user: peer).key, usefulness: usefulness, order: order)
  }

  @Test func aPeerWithManyConnectionsTakesThemFromItself() {
    let ranks = [
      rank(1, .lingering, 1), rank(2, .idle, 7), rank(2, .idle, 6), rank(2, .idle, 5),
      rank(3, .lingering, 1),
    ]
    #expect(victims(2, of: ranks) == [3, 2])
  }

  @Test func theLeastUsefulConnectionOfAPeerIsTheFirst() {
    let ranks = [
      rank(1, .working, 1), rank(1, .idle, 9), rank(1, .delayed, 2), rank(1, .lingering, 10),
    ]
    #expect(victims(3, of: ranks) == [3, 1, 2])
  }

  @Test func peersWithAsManyConnectionsLoseTheLeastUsefulOnes() {
    let ranks = [rank(1, .working, 1), rank(2, .idle, 4), rank(3, .idle, 3), rank(4, .sending, 1)]
    #expect(victims(2, of: ranks) == [2, 1])
  }

  @Test func noMoreAreClosedThanThereAre() {
    #expect(victims(3, of: [rank(1, .idle, 1)]) == [0])
    #expect(victims(3, of: []).isEmpty)
  }
}
