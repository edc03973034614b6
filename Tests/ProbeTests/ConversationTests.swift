import Probe
import SuperviseCore
import Testing

/// Every protocol: what a server says turn by turn, and what follows from each.
struct ConversationTests {
  @Test(arguments: Talk.all, [1, 3, 4096])
  func followsFromWhatTheServerSays(_ talk: Talk, _ pieceSize: Int) {
    #expect(talk.replies(inPiecesOf: pieceSize) == talk.expected)
  }

  @Test(arguments: Talk.all)
  func waitsForTheRestOfWhatIsCutShort(_ talk: Talk) {
    guard let last = talk.turns.last, let reply = talk.expected.last, reply != .wait else { return }
    var cut = talk
    // A line may be judged by its first bytes already, but never before the first.
    cut.turns[cut.turns.count - 1] = Array(last.prefix(talk.decidedAfter - 1))
    #expect(cut.replies(inPiecesOf: 4096).last == .wait)
  }

  @Test(arguments: 0..<400 as Range<UInt64>)
  func staysBoundedOnHostileBytes(_ seed: UInt64) {
    var random = RandomSource(seed: seed)
    for talk in Talk.all {
      var hostile = talk
      for index in hostile.turns.indices { hostile.turns[index].mutate(&random) }
      for reply in hostile.replies(inPiecesOf: 1 + Int(random.next() % 64)) {
        guard case .over(let verdict, let farewell) = reply else { continue }
        #expect(verdict.line.utf8.count <= 400)
        #expect(verdict.line.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
        #expect(farewell.count <= 8)
      }
    }
  }

  /// The limits of what is accepted hold however much arrives together.
  @Test func whatIsTooLongIsRefusedInOnePieceToo() {
    let filling = String(repeating: "x", count: 40_000)
    var redis = RedisPing(nil)
    #expect(redis.receive([UInt8]("+\(filling)\r\n")) == Talk.stranger("Redis"))
    var http = HTTPGet(host: "web", path: "/")
    let head = [UInt8]("HTTP/1.1 200 OK\r\nA: \(filling)\r\n\r\n")
    #expect(http.receive(head) == Talk.failed("sent a header without an end"))
    var postgres = PostgresStartup()
    #expect(postgres.receive([UInt8]("E\(filling)\0")) == Talk.stranger("PostgreSQL"))
    var fastCGI = FastCGIPing(path: "/ping")
    let answer: [UInt8] = [1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    let whole = fastCGI.receive(answer + [UInt8](repeating: 0, count: 300_000))
    #expect(whole == Talk.failed("refused the request: it is overloaded"))
  }

  @Test(arguments: Talk.conversations)
  func givesUpOnWhatNeverEnds(_ make: @Sendable () -> any Conversation) {
    for byte in [UInt8(ascii: "H"), 0, 1, 10, UInt8(ascii: "+"), UInt8(ascii: "N"), 255] {
      var conversation = make()
      var left = 1_000
      while left > 0, conversation.receive([UInt8](repeating: byte, count: 4096)) == .wait {
        left -= 1
      }
      #expect(left > 0, "still waiting after 4 MB of \(byte)")
    }
  }
}
