/// Responses out of a stream of bytes: RFC 9112, the client's side. The body comes in pieces as
/// they arrive, so that a log can be followed.
package struct HTTPResponseParser: Sendable {
  package enum Step: Sendable, Equatable {
    case needsMore
    case head(HTTPResponseHead)
    case body([UInt8])
    case end
    case failed(Problem)
  }

  package enum Problem: Error, Sendable, Equatable {
    case notHTTP, badHead, badChunk, tooLarge, cutShort

    /// In the middle of a sentence.
    package var text: String {
      switch self {
      case .notHTTP: "does not speak HTTP"
      case .badHead: "sent a header that is malformed"
      case .badChunk: "sent a chunk that is malformed"
      case .tooLarge: "sent a header without an end"
      case .cutShort: "closed the connection in the middle of an answer"
      }
    }
  }

  private enum State {
    case line
    case fields(HTTPResponseHead, size: Int)
    case body(BodyReader)
    case ended
    case failed(Problem)
  }

  private let limits: HTTPLimits
  /// What the response answers: HEAD's has no body, whatever it says.
  private let method: String
  private var state = State.line
  private var inbox = LineBuffer()
  private var hasEnded = false

  package init(toMethod method: String, limits: HTTPLimits = .init()) {
    self.method = method
    self.limits = limits
  }

  package mutating func append(_ bytes: ArraySlice<UInt8>) { inbox.append(bytes) }

  /// The other side has closed the connection; there may still be steps to take.
  package mutating func endOfInput() { hasEnded = true }

  /// For the response to the next request on the same connection; after `.end` only.
  package mutating func restart(toMethod method: String) {
    var next = HTTPResponseParser(toMethod: method, limits: limits)
    next.inbox = inbox
    next.hasEnded = hasEnded
    self = next
  }

  package mutating func next() -> Step {
    while true {
      let step: Step?
      switch state {
      case .line: step = readStatusLine()
      case .fields(let head, let size): step = readField(head, size)
      case .body(let reader): step = readBody(reader)
      case .ended: step = .end
      case .failed(let problem): step = .failed(problem)
      }
      if let step { return step }
    }
  }

  private mutating func fail(_ problem: Problem) -> Step {
    state = .failed(problem)
    return .failed(problem)
  }

  private mutating func more() -> Step { hasEnded ? fail(.cutShort) : .needsMore }

  private mutating func readStatusLine() -> Step? {
    switch inbox.line(limit: limits.line) {
    case .incomplete: return more()
    case .tooLong: return fail(.notHTTP)
    case .line(let line):
      guard !line.isEmpty else { return nil }
      guard let head = HTTPResponseHead(line) else { return fail(.notHTTP) }
      state = .fields(head, size: line.count)
      return nil
    }
  }

  private mutating func readField(_ head: HTTPResponseHead, _ size: Int) -> Step? {
    switch inbox.line(limit: limits.head - size) {
    case .incomplete: return more()
    case .tooLong: return fail(.tooLarge)
    case .line(let line):
      guard !line.isEmpty else { return complete(head) }
      var head = head
      guard head.fields.all.count < limits.fields else { return fail(.tooLarge) }
      guard head.fields.append(line: line) else { return fail(.badHead) }
      state = .fields(head, size: size + line.count)
      return nil
    }
  }

  private mutating func complete(_ head: HTTPResponseHead) -> Step? {
    guard head.status >= 200 else {
      // An interim answer; the real one follows.
      state = .line
      return nil
    }
    guard let framing = BodyReader(head, method) else { return fail(.badHead) }
    state = .body(framing)
    return .head(head)
  }

  private mutating func readBody(_ reader: BodyReader) -> Step? {
    var reader = reader
    let piece = reader.next(&inbox)
    state = .body(reader)
    switch piece {
    case .piece(let bytes): return .body(bytes)
    case .malformed: return fail(.badChunk)
    case .needsMore where hasEnded && !reader.endsWithConnection: return fail(.cutShort)
    case .needsMore where !hasEnded: return .needsMore
    case .needsMore, .end:
      state = .ended
      return nil
    }
  }
}

extension HTTPResponseHead {
  /// `HTTP/1.1 200 OK`.
  init?(_ line: ArraySlice<UInt8>) {
    let words = line.split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[0].count == 8,
      words[1].count == 3, let status = words[1].decimalNumber(), status >= 100
    else { return nil }
    let version: HTTPVersion = words[0].last == UInt8(ascii: "0") ? .oneZero : .oneOne
    let reason = words.count > 2 ? String(repairing: words[2]) : ""
    self.init(version: version, status: status, reason: reason)
  }
}
