internal import HTTP
internal import Linux

/// The journal as it is written: what PID 1 says goes on to the client piece by piece.
extension Gateway {
  /// Of one client that has stopped reading; more, and it is let go.
  private static let mostBehind = 1 << 20

  mutating func stream(_ client: Connection, _ line: String) {
    guard mayStream(at: client.listener) else {
      return answer(client, .json(.unavailable, .problem(.unavailable, "too many streams")))
    }
    client.isStreaming = true
    ask(line, for: .stream(client.token))
  }

  private func mayStream(at listener: Listener) -> Bool {
    let streams = connections.tenants.filter(\.isStreaming)
    let others = listeners.tenants.filter { $0 !== listener }.map { other in
      streams.count { $0.listener === other }
    }
    let own = streams.count { $0.listener === listener }
    return own < ListenerShares.streams.limit(whileOthersHave: others)
  }

  /// What PID 1 has said; at the end of it, and where nobody listens any more, it is over.
  mutating func relay(_ ask: ControlAsk, to token: Token) {
    guard let client = connections[token] else { return close(ask) }
    guard let stream = ask.descriptor else { return }
    for _ in 0..<4 {
      do throws(Errno) {
        let count = try readBytes(stream, into: &buffer)
        guard count > 0 else { return end(client, ask) }
        // From here on it misses nothing.
        if client.phase == .working { beginPieces(client, "application/x-ndjson", fields: []) }
        let bytes = Array(buffer[..<count])
        client.outbox.append(client.isChunked ? HTTPWriter.chunk(bytes[...]) : bytes)
      } catch {
        if error != .wouldBlock { return end(client, ask) }
        break
      }
    }
    guard client.outbox.count <= Gateway.mostBehind else { return drop(client) }
    send(client)
    update(client)
  }

  private mutating func end(_ client: Connection, _ ask: ControlAsk) {
    close(ask)
    client.isStreaming = false
    defer { putQuestions() }
    guard client.phase == .following else {
      answer(client, .json(.unavailable, .problem(.unavailable, "no answer")))
      return update(client)
    }
    if client.isChunked { client.outbox.append(HTTPWriter.lastChunk) }
    client.phase = .reading
    client.closesAfterReply = true
    client.lastProgress = monotonicNanoseconds()
    send(client)
    update(client)
  }
}
