import HTTP
import Support
import Testing

@Suite struct ResponseTests {
  /// What a parser makes of a stream that ends: a line a step, pieces of a body joined.
  private func read(_ pieces: [[UInt8]], method: String = "GET") -> [String] {
    var parser = HTTPResponseParser(toMethod: method)
    var said: [String] = []
    var body: [UInt8] = []
    for piece in pieces + [[]] {
      if piece.isEmpty { parser.endOfInput() } else { parser.append(piece[...]) }
      steps: while true {
        switch parser.next() {
        case .needsMore: break steps
        case .head(let head): said.append("\(head.status) \(head.reason)")
        case .body(let piece): body += piece
        case .end: return said + ["body \(String(decoding: body, as: UTF8.self))"]
        case .failed(let problem): return said + ["failed: \(problem.text)"]
        }
      }
    }
    return said
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var text: String
    var said: [String]
    var method = "GET"

    init(_ description: String, _ text: String, _ said: [String], method: String = "GET") {
      testDescription = description
      self.text = text
      self.said = said
      self.method = method
    }
  }

  private static let cutShort = "failed: closed the connection in the middle of an answer"

  @Test(arguments: [
    Row("a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", ["200 OK", "body hi"]),
    Row(
      "chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nA;x=y\r\n, everyone\r\n"
        + "0\r\nTrailer: x\r\n\r\n", ["200 OK", "body hi, everyone"]),
    Row("until the end", "HTTP/1.0 200 OK\r\n\r\nall of it", ["200 OK", "body all of it"]),
    Row(
      "an interim answer first",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
      ["404 Not Found", "body "]),
    Row("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ["200 ", "body "]),
    Row("no content", "HTTP/1.1 204 No Content\r\n\r\n", ["204 No Content", "body "]),
    Row(
      "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", ["200 OK", "body "],
      method: "HEAD"),
    Row(
      "cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
      ["200 OK", cutShort]),
    Row(
      "cut in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
      ["200 OK", cutShort]),
    Row("cut in the head", "HTTP/1.1 200 OK\r\nCon", [cutShort]),
    Row("nothing", "", [cutShort]),
    Row("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", ["failed: does not speak HTTP"]),
    Row(
      "a chunk whose size is none",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      ["200 OK", "failed: sent a chunk that is malformed"]),
    Row(
      "a chunk longer than it says",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n",
      ["200 OK", "failed: sent a chunk that is malformed"]),
    Row(
      "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi",
      ["failed: sent a header that is malformed"]),
  ])
  func responsesAreRead(_ row: Row) {
    #expect(read([Array(row.text.utf8)], method: row.method) == row.said)
    #expect(read(row.text.utf8.map { [$0] }, method: row.method) == row.said)
  }

  @Test func whatIsWrittenIsRead() {
    var head = HTTPResponseHead(version: .oneOne, status: 200, reason: "OK")
    head.fields.append("Location", "http://x/\r\nInjected: yes")
    let whole = HTTPWriter.response(head, body: Array("hello".utf8), toMethod: "GET")
    #expect(read([whole]) == ["200 OK", "body hello"])
    var parser = HTTPResponseParser(toMethod: "GET")
    parser.append(whole[...])
    guard case .head(let heard) = parser.next() else {
      Issue.record("no head")
      return
    }
    #expect(heard.fields["injected"] == nil)
    head.fields.append("Transfer-Encoding", "chunked")
    let chunked =
      HTTPWriter.head(head) + HTTPWriter.chunk(Array("hel".utf8)[...])
      + HTTPWriter.chunk([]) + HTTPWriter.chunk(Array("lo".utf8)[...]) + HTTPWriter.lastChunk
    #expect(read([chunked]) == ["200 OK", "body hello"])
  }

  @Test func aRequestThatIsWrittenIsRead() {
    var head = HTTPRequestHead(method: "POST", target: "/RPC2")
    head.fields.append("Host", "localhost")
    var parser = HTTPRequestParser()
    parser.append(HTTPWriter.request(head, body: Array("hello".utf8))[...])
    guard case .head(let heard) = parser.next() else {
      Issue.record("no head")
      return
    }
    #expect(heard.target == "/RPC2" && heard.fields["host"] == "localhost")
    #expect(parser.next() == .body(Array("hello".utf8)))
  }

  @Test func theNextResponseFollowsOnTheSameConnection() {
    var parser = HTTPResponseParser(toMethod: "GET")
    let one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
    parser.append(Array("\(one)a\(one)b".utf8)[...])
    var bodies: [String] = []
    for _ in 0..<2 {
      while true {
        let step = parser.next()
        if case .body(let piece) = step { bodies.append(String(decoding: piece, as: UTF8.self)) }
        guard step != .end, step != .needsMore else { break }
      }
      parser.restart(toMethod: "GET")
    }
    #expect(bodies == ["a", "b"])
  }

  @Test func damagedResponsesNeverTrapAndAreReadTheSameInPieces() {
    let texts = [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n, everybody\r\n"
        + "0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ].map { Array($0.utf8) }
    var complete = 0
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = texts[Int(seed % 2)]
      for _ in 0...(random.next() % 3) { bytes.damage(HTTPNoise.pieces, &random) }
      let whole = read([bytes])
      let cut = Int(random.next() % UInt64(bytes.count + 1))
      let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])].filter { !$0.isEmpty }
      #expect(read(pieces) == whole, "seed \(seed)")
      if whole.last?.hasPrefix("body") == true { complete += 1 }
    }
    #expect(complete > 1000)
  }
}
