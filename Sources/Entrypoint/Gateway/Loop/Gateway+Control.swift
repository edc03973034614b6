internal import GatewayProtocol
internal import Linux

/// PID 1: its records on the channel, and the questions it is asked on streams of their own.
extension Gateway {
  /// Streams to PID 1 at once; more questions wait. It serves its own clients from the same table,
  /// of 256. A program may take an hour to stop, and whoever waits for that holds up a place.
  static let mostAsks = 200

  mutating func listenToControl(_ interest: Interest) {
    if interest.contains(.writable) { sendStreams() }
    guard interest.contains(.readable) || interest.contains(.hangup) else { return }
    do throws(Errno) {
      while !isFinished {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        guard count > 0 else { return isFinished = true }
        if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
        heard(GatewayMessage(buffer[..<count]), passed)
      }
    } catch {
      if error != .wouldBlock { isFinished = true }
    }
  }

  private mutating func heard(_ message: GatewayMessage?, _ passed: Int32?) {
    switch message {
    case .serve(let description):
      if let passed { return serve(description, passed) }
    case .identity(let identifier, let version):
      router.site.identifier = identifier
      router.site.version = version
    case .finish: isFinished = true
    case .request, nil: break
    }
    if let passed { closeDescriptor(passed) }
  }

  private mutating func serve(_ description: GatewayListener, _ descriptor: Int32) {
    // accept(2) must never wait: who connected may have left again by then.
    try? setNonBlocking(descriptor)
    let listener = listeners.insert { Listener(descriptor, $0, description) }
    resumeListening(listener)
  }

  // MARK: Questions

  mutating func ask(_ line: String, for owner: ControlAsk.Owner) {
    questions.append((line, owner))
    putQuestions()
  }

  mutating func putQuestions() {
    while asks.count < Gateway.mostAsks, !questions.isEmpty {
      let (line, owner) = questions.removeFirst()
      guard isWaitedFor(owner) else { continue }
      do throws(Errno) { try put(line, owner) } catch {
        // Descriptors are short; some will be given back.
        questions.insert((line, owner), at: 0)
        isShortOfFiles = true
        return
      }
    }
  }

  private mutating func put(_ line: String, _ owner: ControlAsk.Owner) throws(Errno) {
    let (ours, theirs) = try makeStreamPair()
    let ask = asks.insert { ControlAsk(ours, $0, line, owner) }
    do throws(Errno) { try poller.add(ours, [.readable, .writable], ask.token) } catch {
      close(ask)
      closeDescriptor(theirs)
      throw error
    }
    unsent.append(theirs)
    sendStreams()
  }

  /// While the channel is full, its becoming writable wakes the loop.
  private mutating func sendStreams() {
    while let next = unsent.first {
      do { try sendMessage(channel, GatewayMessage.request.encoded, passing: next) } catch {
        if error.isTransient { break }
      }
      closeDescriptor(unsent.removeFirst())
    }
    let interest: Interest = unsent.isEmpty ? .readable : [.readable, .writable]
    poller.changeWaiting(channel, interest, Gateway.channelToken)
  }

  mutating func serve(_ ask: ControlAsk) {
    _ = ask.outbox.flush(ask.descriptor)
    if ask.outbox.isEmpty { poller.changeWaiting(ask.descriptor, .readable, ask.token) }
    if case .stream(let client) = ask.owner { return relay(ask, to: client) }
    guard let answer = ask.read(&buffer) else { return }
    close(ask)
    deliver(answer, to: ask.owner)
    putQuestions()
  }

  mutating func close(_ ask: ControlAsk) {
    poller.remove(ask.descriptor)
    closeDescriptor(ask.descriptor)
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

extension ControlAsk.Owner {
  var connection: Token {
    switch self {
    case .request(let token), .recheck(let token), .stream(let token): token
    }
  }
}
