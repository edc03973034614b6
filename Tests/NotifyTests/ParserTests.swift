import Linux
import NotifyProtocol
import Support
import Testing

@testable import Notify

/// What is read from a datagram, and what is left out.
@Suite struct ParserTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var text: String
    var notices: [Notice]
    var testDescription: String { text.debugDescription }
  }

  static let rows = [
    Row(text: "READY=1", notices: [.ready]),
    Row(text: "READY=1\nSTATUS=up\n", notices: [.ready, .status("up")]),
    Row(text: "READY=0\nREADY=\nREADY\n=1\nready=1", notices: []),
    Row(text: "RELOADING=1\nMONOTONIC_USEC=17\nREADY=1", notices: [.reloading, .ready]),
    Row(text: "STOPPING=1\nERRNO=2", notices: [.stopping, .failed(errno: 2)]),
    Row(text: "ERRNO=4096\nERRNO=-1\nERRNO=two", notices: []),
    Row(text: "WATCHDOG=1\nWATCHDOG=trigger", notices: [.watchdog, .watchdogTriggered]),
    Row(text: "WATCHDOG_USEC=5", notices: [.watchdogInterval(microseconds: 5)]),
    Row(text: "EXTEND_TIMEOUT_USEC=99999999999999999999", notices: []),
    Row(text: "EXTEND_TIMEOUT_USEC=7", notices: [.extendTimeout(microseconds: 7)]),
    Row(text: "MAINPID=1\nMAINPID=0\nMAINPID=99999999999", notices: []),
    Row(text: "MAINPID=12", notices: [.mainProcess(pid: 12)]),
    Row(
      text: "STATUS=a=b\u{1b}[2J\u{202e}\u{7f}", notices: [.status("a=b\\u{1b}[2J\\u{202e}\\u{7f}")]
    ),
    Row(text: "STATUS=one\nSTATUS=two", notices: [.status("two")]),
    Row(text: "FDSTORE=1\nBARRIER=1\nX=1", notices: []),
  ]

  @Test(arguments: rows) func readsFields(_ row: Row) {
    #expect(NoticeParser.notices(Array(row.text.utf8)[...]) == row.notices)
  }

  @Test func aStatusHasALimit() throws {
    let text = "STATUS=" + String(repeating: "\u{1}", count: 4000)
    guard case .status(let status)? = NoticeParser.notices(Array(text.utf8)[...]).first else {
      throw TestFailure("no status")
    }
    #expect(status.utf8.count <= Notice.maxStatus && status.hasSuffix("\\u{1}"))
  }

  @Test func fieldsHaveALimit() {
    let text = String(repeating: "X=1\n", count: 200) + "READY=1"
    #expect(NoticeParser.notices(Array(text.utf8)[...]) == [])
  }

  @Test(arguments: 0..<400) func damagedDatagramsAreRead(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array(Self.rows[Int(seed) % Self.rows.count].text.utf8)
    for _ in 0...(random.next() % 6) where !bytes.isEmpty {
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
    }
    for notice in NoticeParser.notices(bytes[...]) {
      let message = NotifyMessage.notice(NotifyOrigin(instance: 3, generation: 9), notice)
      #expect(message.encoded.count <= NotifyMessage.maxLength)
      #expect(NotifyMessage(message.encoded[...]) == message)
    }
  }

  @Test(arguments: [
    NotifyMessage.open(.init(instance: 1, generation: .max), pid: .max, user: .max),
    .close(.init(instance: .max, generation: 0)), .closed(.init(instance: 1, generation: 1)),
    .adopted(.init(instance: 1, generation: 1), pid: 77),
    .refused(.init(instance: 1, generation: 2), "why"),
    .notice(.init(instance: 1, generation: 2), .status("é")),
    .mainProcess(.init(instance: 1, generation: 2), pid: 7, startedAt: .max), .seesNoOthers,
  ])
  func whatIsSentIsReceived(_ message: NotifyMessage) {
    #expect(NotifyMessage(message.encoded[...]) == message)
    for length in 0..<message.encoded.count {
      #expect(NotifyMessage(message.encoded[..<length]) == nil)
    }
  }

  @Test func anAllowanceFillsAgain() {
    var allowance = Allowance(at: 0)
    var taken = 0
    while allowance.take(at: 0) { taken += 1 }
    #expect(taken == 20)
    #expect(allowance.nextToken(at: 0) == 250_000_000)
    let given = [249_999_999, 250_000_000, 250_000_001].map { allowance.take(at: $0) }
    #expect(given == [false, true, false])
    // However long nobody has sent anything, there is no more than that.
    taken = 0
    while allowance.take(at: 1_000_000_000_000) { taken += 1 }
    #expect(taken == 20)
  }
}

/// When the role looks at a program's socket again.
@Suite struct WatchTests {
  private func watch() -> Watch {
    let check = SenderCheck(session: 1, user: 1, supervisor: 1)
    return Watch(origin: .init(instance: 1, generation: 1), socket: -1, check: check, at: 0)
  }

  @Test func messagesOfOthersTakeNoTokenOfTheProgram() {
    var watch = watch()
    while watch.allowanceOfOthers.take(at: 0) {}
    let looks = [0, 10_000_000].map { watch.nextLook(at: $0) }
    #expect(looks == [10_000_000, nil])
    let hasToken = watch.allowance.take(at: 0)
    #expect(hasToken)
  }

  @Test func aLookNeedsBothTokens() {
    var watch = watch()
    while watch.allowance.take(at: 0) {}
    while watch.allowanceOfOthers.take(at: 0) {}
    let looks = [0, 10_000_000, 250_000_000].map { watch.nextLook(at: $0) }
    #expect(looks == [250_000_000, 250_000_000, nil])
  }
}

struct TestFailure: Error {
  var text: String
  init(_ text: String) { self.text = text }
}
