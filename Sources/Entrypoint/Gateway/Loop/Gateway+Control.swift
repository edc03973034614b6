internal import GatewayProtocol
internal import Linux

/// PID 1: its records on the channel, and the questions it is asked on streams of their own.
extension Gateway {
  /// Streams to PID 1 at once; more questions wait. It serves its own clients from the same table,
  /// of 256. A program may take an hour to stop, and whoever waits for that holds up a place.
  static let mostAsks = 200
  /// Open questions whose answer may take long. The others are for questions that PID 1 answers
  /// immediately, so that clients that wait for programs do not block `status` and `/healthz`.
  private static let mostLongAsks = 150
  /// The same of the clients of one listener, while there are others.
  private static let mostLongAsksOfOne = 100

  mutating func listenToControl(_ interest: Interest) {
    if interest.contains(.writable) { sendRequests() }
    guard interest.contains(.readable) || interest.contains(.hangup) else { return }
    do throws(Errno) {
      while !isFinished {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        guard count > 0 else { return isFinished = true }
        if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
        heard(GatewayMessage(buffer[..<count]), passed)
      }
    } catch {
      // A record for which the kernel had no memory stays in the channel.
      if !error.isTransient { isFinished = true }
    }
  }

  private mutating func heard(_ message: GatewayMessage?, _ passed: Int32?) {
    switch message {
    case .serve(let description):
      if let passed { return serve(description, passed) }
    case .identity(let identity):
      router.site.identifier = identity.identifier
      router.site.version = identity.version
      hosts = HostPolicy(ownName: identity.hostName, acceptsPrograms: identity.isSupervisord)
    case .stream(let number): return begin(number, passed)
    case .noStream(let number): begin(number, nil)
    case .finish: isFinished = true
    case .request, .report, nil: break
    }
    if let passed { closeDescriptor(passed) }
  }

  private mutating func serve(_ description: GatewayListener, _ descriptor: Int32) {
    // accept(2) must never wait: who connected may have left again by then.
    try? makeNonBlocking(descriptor)
    let listener = listeners.insert { Listener(descriptor, $0, description) }
    resumeListening(listener)
  }

  // MARK: Questions

  mutating func ask(_ line: String, for owner: ControlAsk.Owner) {
    questions.append((line, owner))
    putQuestions()
  }

  mutating func putQuestions() {
    questions = questions.filter { isWaitedFor($0.owner) }
    while asks.count < Gateway.mostAsks, let index = nextQuestion {
      let (line, owner) = questions.remove(at: index)
      put(line, owner)
    }
  }

  /// The oldest question that may be put now.
  private var nextQuestion: Int? {
    guard !questions.isEmpty else { return nil }
    let long = asks.tenants.filter(\.isLong).map { connections[$0.owner.connection]?.listener }
    let limit = listeners.count > 1 ? Gateway.mostLongAsksOfOne : Gateway.mostLongAsks
    return questions.firstIndex { question in
      guard ControlAsk.isLong(question.line) else { return true }
      let listener = connections[question.owner.connection]?.listener
      return long.count < Gateway.mostLongAsks && long.count { $0 === listener } < limit
    }
  }

  private mutating func put(_ line: String, _ owner: ControlAsk.Owner) {
    guard let client = connections[owner.connection] else { return }
    let ask = asks.insert { ControlAsk($0, line, owner) }
    unsent.append(GatewayMessage.request(client.origin, number: ask.token.number).encoded)
    sendRequests()
  }

  /// PID 1 has answered the request for a stream. `stream` is nil where PID 1 or the gateway has no
  /// descriptor left: the gateway repeats the request when descriptors may have become free.
  private mutating func begin(_ number: UInt64, _ stream: Int32?) {
    guard let ask = asks[Token(number: number)], ask.descriptor == nil else {
      if let stream { closeDescriptor(stream) }
      return
    }
    if let stream {
      ask.take(stream: stream)
      if (try? poller.add(stream, [.readable, .writable], ask.token)) != nil { return }
    }
    questions.insert((ask.line, ask.owner), at: 0)
    isShortOfFiles = true
    close(ask)
  }

  /// While the channel is full, its becoming writable wakes the loop.
  private mutating func sendRequests() {
    while let next = unsent.first {
      do { try sendMessage(channel, next) } catch {
        if error.isTransient { break }
      }
      unsent.removeFirst()
    }
    let interest: Interest = unsent.isEmpty ? .readable : [.readable, .writable]
    poller.changeWaiting(channel, interest, Gateway.channelToken)
  }

  mutating func serve(_ ask: ControlAsk) {
    guard let stream = ask.descriptor else { return }
    _ = ask.outbox.flush(stream)
    if ask.outbox.isEmpty { poller.changeWaiting(stream, .readable, ask.token) }
    if case .stream(let client) = ask.owner { return relay(ask, to: client) }
    guard let answer = ask.read(&buffer) else { return }
    close(ask)
    deliver(answer, to: ask.owner)
    putQuestions()
  }

  mutating func close(_ ask: ControlAsk) {
    if let stream = ask.descriptor {
      poller.remove(stream)
      closeDescriptor(stream)
    }
    asks.remove(ask.token)
  }

  /// Its connection has gone: PID 1 sees that nobody waits.
  mutating func abandonAsk(of connection: Token) {
    for ask in asks.tenants where ask.owner.connection == connection {
      ask.abandon()
      close(ask)
    }
    questions.removeAll { $0.owner.connection == connection }
    putQuestions()
  }

  private func isWaitedFor(_ owner: ControlAsk.Owner) -> Bool {
    connections[owner.connection] != nil
  }
}

extension Token {
  /// As the record of a request has it.
  fileprivate var number: UInt64 { UInt64(slot) << 32 | UInt64(generation) }

  fileprivate init(number: UInt64) {
    self.init(
      slot: UInt32(truncatingIfNeeded: number >> 32),
      generation: UInt32(truncatingIfNeeded: number))
  }
}

extension ControlAsk.Owner {
  var connection: Token {
    switch self {
    case .request(let token), .recheck(let token), .stream(let token): token
    }
  }
}
