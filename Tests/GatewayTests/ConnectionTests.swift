import GatewayProtocol
import HTTP
import Linux
import Testing

@testable import Gateway

private let second: UInt64 = 1_000_000_000

/// How long the gateway waits for a client.
@Suite struct ConnectionTests {
  private let accepted = 1_000 * second

  private func connection(
    hasLogin: Bool = false, accepted: UInt64? = nil, peer: UInt32 = 0
  ) -> Connection {
    var description = GatewayListener(name: "127.0.0.1:9001", isUnix: false)
    if hasLogin { description.login = .init(username: "admin", password: "right") }
    return Connection(
      -1, Gateway.channelToken,
      listener: Gateway.Listener(-1, Gateway.channelToken, description), peer: Peer(user: peer),
      now: accepted ?? self.accepted)
  }

  @Test(arguments: [true, false]) func theFirstRequestHasTenSeconds(_ hasLogin: Bool) {
    let client = connection(hasLogin: hasLogin)
    client.parser.append(Array("GET".utf8)[...])
    client.lastProgress = accepted + 9 * second
    #expect(client.deadline(isScarce: false) == accepted + 10 * second)
  }

  @Test func aClientWithoutALoginHasTenSecondsForEverything() {
    let client = connection(hasLogin: true)
    client.hasAsked = true
    #expect(client.deadline(isScarce: false) == accepted + 10 * second)
    client.isTrusted = true
    #expect(client.deadline(isScarce: false) == nil)
  }

  @Test func anIdleClientIsKeptUnlessConnectionsAreScarce() {
    let client = connection()
    client.hasAsked = true
    client.lastProgress = accepted + 500 * second
    #expect(client.deadline(isScarce: false) == nil)
    #expect(client.deadline(isScarce: true) == accepted + 560 * second)
  }

  /// A byte now and then is progress, so that the whole request has a limit of its own.
  @Test func aLaterRequestHasALimitThatGrowsWithItsBody() {
    let client = connection()
    client.hasAsked = true
    client.requestBegan = accepted + 100 * second
    client.parser.append(Array("P".utf8)[...])
    client.lastProgress = accepted + 159 * second
    #expect(client.deadline(isScarce: false) == accepted + 160 * second)
    let rest = "OST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n"
    client.parser.append(Array(rest.utf8)[...])
    guard case .head(let head) = client.parser.next() else {
      Issue.record("no head")
      return
    }
    client.head = head
    #expect(client.deadline(isScarce: false) == accepted + 164 * second)
    client.lastProgress = accepted + 100 * second
    #expect(client.deadline(isScarce: false) == accepted + 160 * second)
  }

  /// A new client has time to send a request, whatever others do with all other connections.
  @Test func aNewClientIsTheLastToBeClosed() {
    let idle = connection()
    idle.hasAsked = true
    let waiting = connection()
    waiting.hasAsked = true
    waiting.phase = .working
    #expect(victims(2, of: [connection(), idle, waiting].map(\.rank)) == [1, 2])
  }

  /// Half of the silent connections are the first to be closed, the oldest before the others.
  @Test func aFloodOfSilentConnectionsTakesTheirOwnPlaces() {
    let flood = (1...100).map { connection(accepted: accepted + $0 * second) }
    let waiting = connection()
    waiting.hasAsked = true
    waiting.phase = .working
    #expect(victims(51, of: (flood + [waiting]).map(\.rank)) == Array(0..<50) + [100])
  }

  @Test func silentConnectionsOfTwoAddressesCloseNoRequestThatIsBeingAnswered() {
    let flood = [1, 2].flatMap { peer in (1...64).map { _ in connection(peer: peer) } }
    let waiting = connection(peer: 2)
    waiting.hasAsked = true
    waiting.phase = .working
    #expect(victims(32, of: (flood + [waiting]).map(\.rank)).allSatisfy { $0 < flood.count })
  }

  @Test func theOldestOfIdleConnectionsIsTheLastToBeClosed() {
    let idle = [0, 1, 2].map { connection(accepted: accepted + $0 * second) }
    for client in idle { client.hasAsked = true }
    #expect(victims(2, of: idle.map(\.rank)) == [2, 1])
  }

  @Test func whatASocketDoesNotTakeIsSentLater() throws {
    let ends = try makeStreamPair()
    defer { closeDescriptor(ends.ours) }
    defer { closeDescriptor(ends.theirs) }
    let bytes = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var outbox = Outbox()
    outbox.append(bytes)
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while received.count < bytes.count {
      guard outbox.flush(ends.ours) != .gone,
        case let count = try readBytes(ends.theirs, into: &buffer), count > 0
      else { break }
      received += buffer[..<count]
    }
    #expect(received == bytes)
    #expect(outbox.isEmpty)
  }
}
