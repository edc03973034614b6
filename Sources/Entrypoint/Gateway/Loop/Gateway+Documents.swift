internal import HTTP
internal import Linux

/// Answers that are too long to be kept: the next piece is read when the client has fetched the one
/// before, so that a hundred who ask for a whole log at once cost a hundred pieces.
extension Gateway {
  mutating func begin(_ client: Connection, _ document: LogDocument) {
    beginPieces(client, "text/xml", fields: [])
    client.head = nil
    client.document = document
    // Unlike one who follows a log, it may send its next request, and is given up when it stalls.
    client.phase = .working
    add(document.head, to: client)
    send(client)
  }

  mutating func refill(_ client: Connection) {
    guard client.outbox.isEmpty, let document = client.document else { return }
    if let piece = document.next() { return add(piece, to: client) }
    client.document = nil
    if client.isChunked { client.outbox.append(HTTPWriter.lastChunk) }
    awaitRequest(client)
  }

  private func add(_ bytes: [UInt8], to client: Connection) {
    client.outbox.append(client.isChunked ? HTTPWriter.chunk(bytes[...]) : bytes)
  }
}
