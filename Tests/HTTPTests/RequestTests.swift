import HTTP
import Support
import Testing

@Suite struct RequestTests {
  /// What a parser makes of a stream: a line a step.
  private func read(_ pieces: [[UInt8]], bodyLimit: Int = 64 << 10) -> [String] {
    var parser = HTTPRequestParser()
    parser.limits.body = bodyLimit
    var said: [String] = []
    for piece in pieces {
      parser.append(piece[...])
      steps: while true {
        switch parser.next() {
        case .needsMore: break steps
        case .head(let head):
          said.append("\(head.method) \(head.target)\(head.keepsAlive ? "" : " close")")
        case .body(let body): said.append("body \(String(decoding: body, as: UTF8.self))")
        case .refused(let status):
          said.append("refused \(status.rawValue)")
          return said
        }
      }
    }
    return said
  }

  private func read(_ text: String) -> [String] { read([Array(text.utf8)]) }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var text: String
    var said: [String]

    init(_ description: String, _ text: String, _ said: [String]) {
      testDescription = description
      self.text = text
      self.said = said
    }
  }

  @Test(arguments: [
    Row("a GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ["GET /", "body "]),
    Row(
      "a call of supervisorctl",
      "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n"
        + "Content-Type: text/xml\r\nContent-Length: 5\r\n\r\nhello",
      ["POST /RPC2", "body hello"]),
    Row(
      "tail -f: an empty Host and one line end too many",
      "GET /logtail/cat HTTP/1.1\r\nHost: \r\nAccept-Encoding: chunked\r\n\r\n\r\n"
        + "GET /b HTTP/1.1\r\n\r\n",
      ["GET /logtail/cat", "body ", "GET /b", "body "]),
    Row(
      "two that were sent at once",
      "POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n\r\n",
      ["POST /a", "body x", "GET /b", "body "]),
    Row("line ends without CR", "GET / HTTP/1.1\nHost: x\n\n", ["GET /", "body "]),
    Row("HTTP/1.0 closes", "GET / HTTP/1.0\r\n\r\n", ["GET / close", "body "]),
    Row(
      "HTTP/1.0 that is kept", "GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n",
      ["GET /", "body "]),
    Row(
      "close among others", "GET / HTTP/1.1\r\nConnection: foo , Close\r\n\r\n",
      ["GET / close", "body "]),
    Row("POST without a body", "POST /api HTTP/1.1\r\n\r\n", ["POST /api", "body "]),
    Row("an RPC without a length", "POST /RPC2 HTTP/1.1\r\n\r\n", ["refused 411"]),
    Row("chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", ["refused 411"]),
    Row(
      "chunks and a length",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
      ["refused 400"]),
    Row(
      "two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      ["refused 400"]),
    Row(
      "the same length twice",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      ["POST /", "body x"]),
    Row("a signed length", "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", ["refused 400"]),
    Row("a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nx", ["refused 400"]),
    Row(
      "a length beyond every number",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nx", ["refused 400"]),
    Row(
      "too long a body", "POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",
      ["POST /", "refused 413"]),
    Row("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", ["refused 400"]),
    Row("a folded field", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", ["refused 400"]),
    Row("a blank before the colon", "GET / HTTP/1.1\r\nA : b\r\n\r\n", ["refused 400"]),
    Row("a field without a name", "GET / HTTP/1.1\r\n: b\r\n\r\n", ["refused 400"]),
    Row("a lone CR in a value", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", ["refused 400"]),
    Row("NUL in a value", "GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", ["refused 400"]),
    Row("HTTP/0.9", "GET /\r\n", ["refused 400"]),
    Row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ["refused 505"]),
    Row("no HTTP at all", "\u{16}\u{3}\u{1}\n", ["refused 400"]),
    Row("two blanks", "GET  / HTTP/1.1\r\n\r\n", ["refused 400"]),
    Row(
      "an endless request line", "GET /" + String(repeating: "x", count: 9000), ["refused 414"]),
    Row(
      "an endless field", "GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 33_000),
      ["refused 431"]),
    Row(
      "fields that are too long together",
      "GET / HTTP/1.1\r\n"
        + String(repeating: "A: \(String(repeating: "x", count: 8000))\r\n", count: 5),
      ["refused 431"]),
    Row(
      "too many fields", "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 101),
      ["refused 431"]),
  ])
  func requestsAreRead(_ row: Row) { #expect(read(row.text) == row.said) }

  @Test func piecesMakeNoDifference() {
    let text = Array(
      ("\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nx\r\nGET /b?c=d HTTP/1.0\r\n"
        + "Host: \r\n\r\n").utf8)
    let expected = read([text])
    #expect(expected == ["POST /a", "body x\r\n", "GET /b?c=d close", "body "])
    for cut in 0...text.count {
      #expect(read([Array(text[..<cut]), Array(text[cut...])]) == expected)
    }
    #expect(read(text.map { [$0] }) == expected)
  }

  /// The CR of the line end is no part of the line, also while the LF is missing.
  @Test func aLineOfTheLongestLengthMayArriveByteByByte() {
    let line = "GET /\(String(repeating: "a", count: (8 << 10) - 14)) HTTP/1.1"
    let text = Array("\(line)\r\n\r\n".utf8)
    #expect(line.utf8.count == HTTPLimits().line)
    #expect(read(text.map { [$0] }) == read([text]))
    #expect(read([text]).last == "body ")
    #expect(read([Array("\(line)a\r".utf8)]) == ["refused 414"])
  }

  @Test func theLimitOfTheBodyMayBeRaisedOnceTheHeadIsKnown() {
    var parser = HTTPRequestParser()
    let body = [UInt8](repeating: 65, count: 100_000)
    parser.append(Array("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n".utf8)[...])
    guard case .head(let head) = parser.next() else {
      Issue.record("no head")
      return
    }
    #expect(head.contentLength == 100_000)
    parser.limits.body = HTTPLimits.trustedBody
    #expect(parser.next() == .needsMore)
    #expect(!parser.isBetweenRequests)
    parser.append(body[...])
    #expect(parser.next() == .body(body))
    #expect(parser.isBetweenRequests)
  }

  @Test func pathAndQueryAreToldApart() {
    func parts(_ target: String) -> [String] {
      let head = HTTPRequestHead(method: "GET", target: target)
      return [head.path, head.query]
    }
    #expect(parts("/a/b?c=d?e") == ["/a/b", "c=d?e"])
    #expect(parts("http://host:1/a?b") == ["/a", "b"])
    #expect(parts("HTTP://host") == ["/", ""])
    #expect(parts("*") == ["*", ""])
  }

  @Test func aHundredContinueIsExpectedOnlyWithABody() {
    var parser = HTTPRequestParser()
    let text = "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"
    parser.append(Array(text.utf8)[...])
    guard case .head(let head) = parser.next() else {
      Issue.record("no head")
      return
    }
    #expect(head.expectsContinue)
  }

  @Test func damagedRequestsNeverTrapAndAreReadTheSameInPieces() {
    let texts = [
      "POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nhello, world"
        + "GET /logtail/cat HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\r\n",
      "GET / HTTP/1.1\r\nAuthorization: Basic dTpw\r\nExpect: 100-continue\r\n\r\n",
    ].map { Array($0.utf8) }
    var complete = 0
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = texts[Int(seed % 2)]
      for _ in 0...(random.next() % 3) { bytes.damage(HTTPNoise.pieces, &random) }
      let whole = read([bytes])
      let cut = Int(random.next() % UInt64(bytes.count + 1))
      #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "seed \(seed)")
      if whole.contains(where: { $0.hasPrefix("body") }) { complete += 1 }
    }
    #expect(complete > 1000)
  }
}
