@testable import HTTP

/// Requests of clients: the gateway's side of HTTP.
enum HTTPRequestProperties {
  /// Smaller than the product's, so that short inputs reach them.
  private static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    (limits.line, limits.fields, limits.head, limits.body) = (64, 8, 256, 96)
    return limits
  }()

  static func check(_ input: [UInt8]) throws(Violation) {
    for limits in [limits, HTTPLimits()] {
      let steps = try Violation.unlessSame(input, "steps of requests") {
        (pieces) throws(Violation) in try self.steps(pieces, limits)
      }
      try checkAgain(steps)
    }
    try checkTexts(input)
  }

  /// Until a request is refused or the input ends.
  private static func steps(
    _ pieces: [ArraySlice<UInt8>], _ limits: HTTPLimits
  ) throws(Violation) -> [HTTPRequestParser.Step] {
    var parser = HTTPRequestParser(limits: limits)
    var steps: [HTTPRequestParser.Step] = []
    for piece in pieces {
      parser.append(piece)
      reading: while true {
        let step = parser.next()
        switch step {
        case .needsMore: break reading
        case .refused:
          try require(parser.pendingCount == 0, "bytes are kept after a refusal")
          return steps + [step]
        case .head, .body: steps.append(step)
        }
      }
      let most = max(limits.line, limits.head, limits.body) + 2
      try require(parser.pendingCount <= most, "\(parser.pendingCount) bytes are kept")
    }
    return steps
  }

  /// A request that is written out as it was read is read as the same request.
  private static func checkAgain(_ steps: [HTTPRequestParser.Step]) throws(Violation) {
    var last: HTTPRequestHead?
    for step in steps {
      switch step {
      case .head(let head):
        try checkHead(head)
        last = head
      case .body(let body): if let last { try checkWritten(last, body) }
      case .needsMore, .refused: break
      }
    }
  }

  private static func checkHead(_ head: HTTPRequestHead) throws(Violation) {
    _ = (head.query, head.authority, head.keepsAlive, head.expectsContinue)
    try require(!head.method.isEmpty && !head.target.isEmpty, "an empty method or target")
    try require(head.contentLength >= 0, "a negative length")
    let isSplit = head.fields.all.contains { field in
      (field.name + field.value).utf8.contains { $0 == 10 || $0 == 0 }
    }
    try require(!isSplit, "a field with a line end or NUL")
    if case .credentials(let credentials) = BasicCredentials.read(head.fields["Authorization"]) {
      try requireEqual(
        BasicCredentials.read(credentials.field), .credentials(credentials), "credentials")
    }
  }

  private static func checkWritten(
    _ head: HTTPRequestHead, _ body: [UInt8]
  ) throws(Violation) {
    var sent = head
    // The writer adds the length, and makes a blank of a tab.
    sent.fields = HTTPFields(
      head.fields.all.filter { $0.name.lowercased() != "content-length" }.map { field in
        .init(field.name, String(field.value.map { $0 == "\t" ? " " : $0 }))
      })
    var parser = HTTPRequestParser()
    let bytes = HTTPWriter.request(sent, body: body)
    // Bytes that are not UTF-8 have become three, which may lead beyond the limits.
    guard bytes.count < 8 << 10, sent.fields.all.count < 100 else { return }
    parser.append(bytes[...])
    guard case .head(let again) = parser.next() else {
      throw Violation("\(head) was written as \(String(decoding: bytes, as: UTF8.self))")
    }
    try requireEqual(again.method, head.method, "method")
    try requireEqual(again.target, head.target, "target")
    try requireEqual(again.contentLength, body.count, "length")
    let others = again.fields.all.filter { $0.name.lowercased() != "content-length" }
    try requireEqual(others, sent.fields.all, "fields")
    try requireEqual(parser.next(), .body(body), "body")
  }

  /// Percent coding and Base64 give back what they are given.
  private static func checkTexts(_ input: [UInt8]) throws(Violation) {
    let text = String(decoding: input, as: UTF8.self)
    try requireEqual(URLText.decode(URLText.encode(text).utf8), text, "percent coding")
    _ = URLText.query(text)
    try requireEqual(Base64.decode(Base64.encode(input)), input, "Base64")
    guard let bytes = Base64.decode(input) else { return }
    let isBlank: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) }
    try requireEqual(Base64.encode(bytes), input.filter { !isBlank($0) }, "Base64 text")
  }
}

/// Responses of servers: the client's side of HTTP.
enum HTTPResponseProperties {
  private struct Outcome: Equatable {
    var heads: [HTTPResponseHead] = []
    var body: [UInt8] = []
    var end: HTTPResponseParser.Step?
  }

  static func check(_ input: [UInt8]) throws(Violation) {
    for method in ["GET", "HEAD"] {
      let outcome = try Violation.unlessSame(input, "a response") {
        (pieces) throws(Violation) in try read(pieces, method)
      }
      try require(outcome.body.count <= input.count, "more body than input")
      try require(outcome.end != nil, "no end after the end of the input")
      if let head = outcome.heads.first { try checkWritten(head, outcome.body) }
    }
  }

  private static func read(
    _ pieces: [ArraySlice<UInt8>], _ method: String
  ) throws(Violation) -> Outcome {
    var parser = HTTPResponseParser(toMethod: method)
    var outcome = Outcome()
    for piece in pieces where outcome.end == nil {
      parser.append(piece)
      take(&parser, &outcome)
    }
    parser.endOfInput()
    take(&parser, &outcome)
    return outcome
  }

  private static func take(_ parser: inout HTTPResponseParser, _ outcome: inout Outcome) {
    while outcome.end == nil {
      let step = parser.next()
      switch step {
      case .needsMore: return
      case .head(let head): outcome.heads.append(head)
      case .body(let bytes): outcome.body += bytes
      case .end, .failed: outcome.end = step
      }
    }
  }

  /// A chunked body arrives as it was sent.
  private static func checkWritten(
    _ head: HTTPResponseHead, _ body: [UInt8]
  ) throws(Violation) {
    guard head.status != 204, head.status != 304 else { return }
    let fields = HTTPFields([.init("Transfer-Encoding", "chunked")])
    let sent = HTTPResponseHead(
      version: head.version, status: head.status, reason: "R", fields: fields)
    let bytes =
      HTTPWriter.head(sent) + HTTPWriter.chunk(body.prefix(7))
      + HTTPWriter.chunk(body.dropFirst(7)) + HTTPWriter.lastChunk
    let found = try read([bytes[...]], "GET")
    try requireEqual(found, Outcome(heads: [sent], body: body, end: .end), "a chunked body")
  }
}
