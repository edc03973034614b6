/// Requests out of a stream of bytes, one after the other: RFC 9112, the server's side.
///
/// The head comes first, so that the caller can see who asks, and raise the limit of the body,
/// before the body is taken in. After a refusal nothing more can be understood: where the next
/// request begins is not known.
package struct HTTPRequestParser: Sendable {
  package enum Step: Sendable, Equatable {
    case needsMore
    case head(HTTPRequestHead)
    /// The request is complete, and the next step is another request's.
    case body([UInt8])
    case refused(HTTPStatus)
  }

  private enum State {
    case line
    case fields(HTTPRequestHead, size: Int)
    case body(length: Int)
    case refused(HTTPStatus)
  }

  package var limits: HTTPLimits
  private var state = State.line
  private var inbox = LineBuffer()

  package init(limits: HTTPLimits = .init()) { self.limits = limits }

  package mutating func append(_ bytes: ArraySlice<UInt8>) {
    if case .refused = state { return }
    inbox.append(bytes)
  }

  /// Nothing of a request has come yet.
  package var isBetweenRequests: Bool {
    guard case .line = state else { return false }
    return inbox.count == 0
  }

  /// Bytes that are kept here.
  package var pendingCount: Int { inbox.count }

  package mutating func next() -> Step {
    while true {
      let step: Step?
      switch state {
      case .line: step = readRequestLine()
      case .fields(let head, let size): step = readField(head, size)
      case .body(let length): step = readBody(length)
      case .refused(let status): step = .refused(status)
      }
      if let step { return step }
    }
  }

  private mutating func refuse(_ status: HTTPStatus) -> Step {
    state = .refused(status)
    inbox = LineBuffer()
    return .refused(status)
  }

  /// Empty lines in front are passed over: some clients end a request with one line end too many,
  /// supervisorctl's `tail -f` among them.
  private mutating func readRequestLine() -> Step? {
    switch inbox.line(limit: limits.line) {
    case .incomplete: return .needsMore
    case .tooLong: return refuse(.targetTooLong)
    case .line(let line):
      guard !line.isEmpty else { return nil }
      switch HTTPRequestHead.parse(line) {
      case .success(let head): state = .fields(head, size: line.count)
      case .failure(let refusal): return refuse(refusal.status)
      }
      return nil
    }
  }

  private mutating func readField(_ head: HTTPRequestHead, _ size: Int) -> Step? {
    switch inbox.line(limit: limits.head - size) {
    case .incomplete: return .needsMore
    case .tooLong: return refuse(.fieldsTooLarge)
    case .line(let line):
      guard !line.isEmpty else { return complete(head) }
      var head = head
      guard head.fields.all.count < limits.fields else { return refuse(.fieldsTooLarge) }
      guard head.fields.append(line: line) else { return refuse(.badRequest) }
      state = .fields(head, size: size + line.count)
      return nil
    }
  }

  private mutating func complete(_ head: HTTPRequestHead) -> Step {
    var head = head
    switch head.measureBody() {
    case .success(let length):
      head.contentLength = length
      state = .body(length: length)
      return .head(head)
    case .failure(let refusal): return refuse(refusal.status)
    }
  }

  private mutating func readBody(_ length: Int) -> Step? {
    guard length <= limits.body else { return refuse(.contentTooLarge) }
    guard let body = inbox.take(length) else { return .needsMore }
    state = .line
    return .body(body)
  }
}

/// Why a request cannot be understood.
struct HTTPRefusal: Error { var status: HTTPStatus }

extension HTTPRequestHead {
  /// `GET /path HTTP/1.1`.
  static func parse(_ line: ArraySlice<UInt8>) -> Result<HTTPRequestHead, HTTPRefusal> {
    let words = line.split(separator: 32, omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(\.isTokenCharacter),
      !words[1].isEmpty, words[1].allSatisfy({ $0 > 32 && $0 != 127 })
    else { return .failure(HTTPRefusal(status: .badRequest)) }
    let text = String(repairing: words[2])
    guard let version = HTTPVersion(rawValue: text) else {
      let isAnother = words[2].starts(with: "HTTP/".utf8)
      return .failure(HTTPRefusal(status: isAnother ? .versionNotSupported : .badRequest))
    }
    let method = String(repairing: words[0])
    return .success(
      HTTPRequestHead(method: method, target: String(repairing: words[1]), version: version))
  }

  /// How long the body is. Whatever two readers could measure differently is refused, for a proxy
  /// in front of us may be the other one: RFC 9112 section 6.3.
  func measureBody() -> Result<Int, HTTPRefusal> {
    let lengths = fields.values("Content-Length")
    let isCoded = fields["Transfer-Encoding"] != nil
    guard fields.values("Host").count <= 1, !isCoded || lengths.isEmpty else {
      return .failure(HTTPRefusal(status: .badRequest))
    }
    guard let first = lengths.first else {
      // Without either there is no body; supervisord wants a length of its RPCs all the same.
      let needsLength = isCoded || method == "POST" && target.hasPrefix("/RPC2")
      return needsLength ? .failure(HTTPRefusal(status: .lengthRequired)) : .success(0)
    }
    guard lengths.allSatisfy({ $0 == first }), let length = first.utf8.decimalNumber() else {
      return .failure(HTTPRefusal(status: .badRequest))
    }
    return .success(length)
  }
}
