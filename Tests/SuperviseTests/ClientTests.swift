import Linux
import SuperviseCore
import Testing

@testable import Supervise

@Suite struct ClientSharesTests {
  private let root = ClientOrigin(.control(user: 0))
  private let user = ClientOrigin(.control(user: 1000))
  private let browser = ClientOrigin(.address("192.0.2.1"))

  private func clients(_ counts: [(ClientOrigin, Int)]) -> [ControlClient] {
    counts.flatMap { origin, count in
      (0..<count).map { _ in ControlClient(-1, Token(slot: 0, generation: 0), origin) }
    }
  }

  private func admission(
    of origin: ClientOrigin, among counts: [(ClientOrigin, Int)]
  ) -> ClientShares.Admission {
    ClientShares.admission(of: origin, among: clients(counts))
  }

  /// 256 in all; 24 of them stay free for the user and 128 for the gateway.
  @Test func eachOwnerHasAReserve() {
    #expect(admission(of: root, among: [(root, 103)]) == .admit)
    #expect(admission(of: root, among: [(root, 104)]) != .admit)
    #expect(admission(of: user, among: [(root, 104)]) == .admit)
    #expect(admission(of: browser, among: [(root, 104), (user, 24)]) == .admit)
    #expect(admission(of: user, among: [(user, 96)]) != .admit)
    #expect(admission(of: browser, among: [(browser, 200)]) != .admit)
    #expect(admission(of: browser, among: [(browser, 199)]) == .admit)
    #expect(admission(of: root, among: [(browser, 200), (user, 24), (root, 31)]) == .admit)
  }

  @Test func aClientThatHasSentNoRequestMakesRoomForOneOfTheSameOwner() {
    let counts = [(browser, 3), (root, 104)]
    #expect(admission(of: root, among: counts) == .replace(3))
  }

  @Test func aClientThatWaitsForItsAnswerStays() throws {
    var clients = clients([(root, 103)])
    let pair = try makeMessageChannel()
    try sendMessage(pair.theirs, Array("status\n".utf8))
    var asking = ControlClient(pair.ours, Token(slot: 0, generation: 0), root)
    var buffer = [UInt8](repeating: 0, count: 64)
    #expect(asking.read(&buffer) == .line("status"))
    clients.insert(asking, at: 0)
    #expect(ClientShares.admission(of: root, among: clients) == .replace(1))
    #expect(
      ClientShares.admission(of: root, among: Array(repeating: asking, count: 104)) == .refuse)
    closeDescriptor(pair.ours)
    closeDescriptor(pair.theirs)
  }
}

@Suite struct AcceptanceTests {
  private let now = Instant(nanoseconds: 1_000_000_000)
  private let token = Token(slot: 1, generation: 2)

  @Test func aPauseGrowsWithEachFailure() {
    var acceptance = Acceptance()
    acceptance.isWatched(as: token)
    #expect(acceptance.pausedUntil == nil)
    acceptance.pause(at: now)
    #expect(acceptance.token == nil)
    let first = now.advanced(by: .milliseconds(10))
    #expect(acceptance.pausedUntil == first)
    #expect(!acceptance.isDue(at: now))
    #expect(acceptance.isDue(at: first))
    acceptance.isWatched(as: token)
    #expect(acceptance.pausedUntil == nil)
    acceptance.pause(at: first)
    #expect(acceptance.pausedUntil == first.advanced(by: .milliseconds(20)))
  }

  @Test func aSuccessEndsTheGrowth() {
    var acceptance = Acceptance()
    acceptance.isWatched(as: token)
    acceptance.pause(at: now)
    acceptance.isWatched(as: token)
    acceptance.succeeded()
    acceptance.pause(at: now)
    #expect(acceptance.pausedUntil == now.advanced(by: .milliseconds(10)))
  }

  /// With no other descriptor left, the spare one is what a client can be accepted with.
  @Test func theSpareDescriptorIsLentAndTakenBack() {
    var acceptance = Acceptance()
    var calls = 0
    acceptance.withoutSpare { calls += 1 }
    #expect(calls == 0, "there is none before the first watch")
    acceptance.isWatched(as: token)
    acceptance.withoutSpare { calls += 1 }
    acceptance.withoutSpare { calls += 1 }
    #expect(calls == 2)
  }
}

@Suite struct LogClearingTests {
  private let new = LogClearing(
    client: .init(slot: 1, generation: 1), ClientOrigin(.control(user: 0)))

  private func text(_ clearing: LogClearing) -> String {
    String(decoding: clearing.answers, as: UTF8.self)
  }

  /// stdout and stderr of one program are two files and one line.
  @Test func aProgramIsAnsweredOnceAllItsFilesAreDone() {
    var clearing = new
    let web = LogClearing.Subject.instance(InstanceID(1), name: "web")
    clearing.waiting = [1: web, 2: web, 3: .mainLog]
    clearing.done(1, failed: false)
    #expect(text(clearing) == "")
    clearing.done(9, failed: true)
    clearing.done(2, failed: false)
    #expect(text(clearing).contains("\"web\""))
    #expect(text(clearing).contains("cleared"))
    #expect(clearing.waiting.count == 1)
  }

  @Test func oneFileThatFailsIsAFault() {
    var clearing = new
    let web = LogClearing.Subject.instance(InstanceID(1), name: "web")
    clearing.waiting = [1: web, 2: web]
    clearing.done(1, failed: true)
    clearing.done(2, failed: false)
    #expect(text(clearing).contains("FAILED"))
    #expect(!text(clearing).contains("cleared"))
  }

  /// A log that could not be cleared is not named, and one of two files was changed all the same.
  @Test func onlyWhatWasClearedIsReported() {
    var clearing = new
    let subjects = (0...2).map { LogClearing.Subject.instance(InstanceID($0), name: "p\($0)") }
    clearing.waiting = [1: subjects[0], 2: subjects[0], 3: subjects[1], 4: subjects[2]]
    clearing.done(1, failed: false)
    clearing.done(2, failed: true)
    clearing.done(3, failed: true)
    #expect(clearing.change?.targets == ["p0"])
    clearing.done(4, failed: false)
    #expect(clearing.change == ClientChange(.clearLog, ["p0", "p2"], by: .init(.control(user: 0))))
    var none = new
    none.waiting = [1: .mainLog]
    none.done(1, failed: true)
    #expect(none.change == nil)
    none.done(.mainLog, failed: false)
    #expect(none.change == ClientChange(.clearMainLog, by: .init(.control(user: 0))))
  }
}
