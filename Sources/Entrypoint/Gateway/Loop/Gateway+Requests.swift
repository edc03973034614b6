internal import GatewayProtocol
internal import HTTP
internal import Linux

/// From a request to its answer.
extension Gateway {
  /// One request after the other, as long as each is answered at once.
  mutating func advance(_ client: Connection) {
    while client.phase == .reading, client.outbox.isEmpty, !client.closesAfterReply {
      switch client.parser.next() {
      case .needsMore: return
      case .head(let head): admit(client, head)
      case .body(let body): begin(client, body)
      case .refused(let status): refuse(client, .refusal(status))
      }
    }
  }

  /// Who asks is settled before the body is taken in.
  mutating func admit(_ client: Connection, _ head: HTTPRequestHead) {
    client.head = head
    client.hasAsked = true
    switch login(client, head) {
    case .missing: return refuse(client, Gateway.loginRequired(head.path))
    case .malformed: return refuse(client, .refusal(.badRequest))
    case .wrong(let username): return refuseLogin(client, username)
    case .blocked(let username, let time):
      return postponeLogin(client, head, username, until: time)
    case .unneeded:
      // He is still a stranger, and gets no more than this answer.
      client.asksOpenly = true
      return
    case .allowed(let username):
      client.isTrusted = true
      client.username = username
    }
    client.parser.limits.body = HTTPLimits.trustedBody
    guard hasRoom(for: min(head.contentLength, HTTPLimits.trustedBody), of: client) else {
      return refuse(client, .refusal(.unavailable))
    }
    if head.expectsContinue, head.contentLength <= HTTPLimits.trustedBody {
      client.outbox.append(HTTPWriter.proceed)
      _ = client.outbox.flush(client.descriptor)
    }
  }

  private mutating func begin(_ client: Connection, _ body: [UInt8]) {
    guard let head = client.head else { return }
    client.closesAfterReply = !head.keepsAlive || client.asksOpenly
    client.phase = .working
    switch router.destination(head, body) {
    case .reply(let reply): answer(client, reply)
    case .errand(let errand) where errand.isChange && !acceptsChanges(client, head):
      report(.refusedHost, client.peer, head.authority ?? head.fields["Host"] ?? "")
      answer(client, .refusedHost(APIRequest.isMeant(by: head.path)))
    case .errand(let errand):
      client.errand = errand
      if let progress = client.errand?.start() { proceed(client, progress) }
    }
  }

  /// unix(7) sockets are out of reach for browsers, and a browser sends no password to a name that
  /// it has not been given for.
  private func acceptsChanges(_ client: Connection, _ head: HTTPRequestHead) -> Bool {
    let listener = client.listener.description
    return listener.isUnix || listener.login != nil
      || hosts.accepts(head, allowed: listener.allowedHosts)
  }

  private mutating func proceed(_ client: Connection, _ progress: Progress) {
    switch progress {
    case .ask(let line): ask(line, for: .request(client.token))
    case .reply(let reply): answer(client, reply)
    case .follow(let follower): follow(client, follower)
    case .document(let document): begin(client, document)
    case .stream(let line): stream(client, line)
    }
  }

  /// PID 1 has answered.
  mutating func deliver(_ answer: ControlAnswer, to owner: ControlAsk.Owner) {
    var answer = answer
    defer { answer.closeDescriptor() }
    guard let client = connections[owner.connection] else { return }
    switch owner {
    case .recheck:
      client.follower?.isRechecking = false
      if let log = answer.takeDescriptor() {
        guard let follower = client.follower else { return closeDescriptor(log) }
        follower.offer(log)
      }
    case .stream: break
    case .request:
      guard client.phase == .working else { return }
      continueErrand(client, &answer)
    }
    update(client)
  }

  private mutating func continueErrand(_ client: Connection, _ answer: inout ControlAnswer) {
    guard hasRoom(for: 0, of: client) else { return self.answer(client, .refusal(.unavailable)) }
    guard let progress = client.errand?.take(answer) else { return }
    switch progress {
    // The log is theirs from now on.
    case .follow, .document: _ = answer.takeDescriptor()
    case .ask, .reply, .stream: break
    }
    proceed(client, progress)
    if client.phase == .reading { advance(client) }
  }

  // MARK: Answers

  /// Something that cannot be understood, or from somebody who may not: nothing more is read.
  mutating func refuse(_ client: Connection, _ reply: Reply) {
    client.closesAfterReply = true
    answer(client, reply)
  }

  mutating func answer(_ client: Connection, _ reply: Reply) {
    var head = responseHead(client, reply.status, reply.type)
    for field in reply.fields { head.fields.append(field.name, field.value) }
    let method = client.head?.method ?? ""
    client.outbox.append(HTTPWriter.response(head, body: reply.body, toMethod: method))
    client.errand = nil
    client.head = nil
    awaitRequest(client)
    flush(client)
  }

  /// All is said; what comes next is the next request.
  func awaitRequest(_ client: Connection) {
    client.phase = .reading
    client.parser.limits.body = HTTPLimits().body
    client.lastProgress = monotonicNanoseconds()
    client.requestBegan = client.parser.isBetweenRequests ? nil : client.lastProgress
  }

  /// At once if it goes; a client that has left is found out by the poller.
  private mutating func flush(_ client: Connection) {
    if client.outbox.flush(client.descriptor) == .all, client.closesAfterReply { linger(client) }
  }

  private func responseHead(
    _ client: Connection, _ status: HTTPStatus, _ type: String
  ) -> HTTPResponseHead {
    let version = client.head?.version ?? .oneOne
    var head = HTTPResponseHead(version: version, status: status.rawValue, reason: status.reason)
    head.fields.append("Server", "entrypoint")
    head.fields.append("Date", HTTPDate.text(WallTime.now().seconds))
    head.fields.append("Content-Type", type)
    // A log holds what a program writes: a browser must not take it for a page or a script.
    head.fields.append("X-Content-Type-Options", "nosniff")
    if client.closesAfterReply {
      head.fields.append("Connection", "close")
    } else if version == .oneZero {
      head.fields.append("Connection", "Keep-Alive")
    }
    return head
  }

  // MARK: Logs that are followed

  private mutating func follow(_ client: Connection, _ follower: LogFollower) {
    beginPieces(
      client, "text/plain;charset=utf-8",
      fields: [.init("Last-Modified", HTTPDate.text(follower.modified))])
    client.follower = follower
    look(client, at: monotonicNanoseconds())
  }

  /// The head of an answer whose end is not in sight.
  mutating func beginPieces(
    _ client: Connection, _ type: String, fields: [HTTPFields.Field]
  ) {
    client.isChunked = client.head?.version == .oneOne
    client.closesAfterReply = client.closesAfterReply || !client.isChunked
    var head = responseHead(client, .ok, type)
    for field in fields { head.fields.append(field.name, field.value) }
    head.fields.append("X-Accel-Buffering", "no")
    if client.isChunked { head.fields.append("Transfer-Encoding", "chunked") }
    client.outbox.append(HTTPWriter.head(head))
    client.errand = nil
    client.phase = .following
  }

  /// What is new in the log, unless the client has not fetched what there was before.
  mutating func look(_ client: Connection, at now: UInt64) {
    guard let follower = client.follower else { return }
    if now >= follower.nextRecheck, !follower.isRechecking {
      follower.isRechecking = true
      follower.nextRecheck = now + recheckInterval
      ask(follower.line, for: .recheck(client.token))
    }
    let bytes = follower.next()
    // When there was much there may be more, and the next look is at once.
    client.lastLook = bytes.count < LogFollower.largestPiece ? now : 0
    client.outbox.append(client.isChunked ? HTTPWriter.chunk(bytes[...]) : bytes)
    send(client)
    update(client)
  }

  /// A hundred followers are not to keep PID 1 busy: twenty questions a second from all of them.
  private var recheckInterval: UInt64 {
    let followers = connections.tenants.reduce(0) { $0 + ($1.follower == nil ? 0 : 1) }
    return max(LogFollower.recheckInterval, UInt64(followers) * 50_000_000)
  }
}
