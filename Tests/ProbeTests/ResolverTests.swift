import Linux
import Probe
import Support
import Testing

/// The resolver against scripted name servers on loopback.
struct ResolverTests {
  private static func resolver(
    hosts: String = "", _ servers: [LoopbackSocket], search: [String] = []
  ) -> Resolver {
    var configuration = ResolverConfiguration([])
    configuration.servers = servers.map { NameServer(.loopback, port: $0.port) }
    configuration.search = search
    return Resolver(hosts: HostsFile([UInt8](hosts)), configuration: configuration)
  }

  /// Answers both questions of one name.
  private static func answerBoth(
    _ socket: LoopbackSocket, _ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?
  ) -> BackgroundThread {
    BackgroundThread { for _ in 0..<2 { socket.answer(answer) } }
  }

  private func words(_ resolver: Resolver, _ host: String, _ limit: Duration) -> String {
    do {
      let found = try resolver.addresses(of: host, by: Deadline(after: limit))
      return found.map(\.description).joined(separator: " ")
    } catch {
      return error.words
    }
  }

  @Test func numbersAndFilesNeedNoServer() {
    let resolver = Self.resolver(hosts: "10.0.0.9 db", [])
    #expect(words(resolver, "192.0.2.7", .seconds(10)) == "192.0.2.7")
    #expect(words(resolver, "db", .seconds(10)) == "10.0.0.9")
    #expect(words(resolver, "localhost", .seconds(10)) == "127.0.0.1 ::1")
    #expect(words(resolver, "bad..name", .seconds(10)) == "not a valid host name")
  }

  @Test func bothKindsOfAddressAreAsked() {
    let server = LoopbackSocket(.datagram)
    let thread = Self.answerBoth(server) { $0.answered() }
    #expect(words(Self.resolver([server]), "db", .seconds(10)) == "10.0.0.1 2001:db8::1")
    thread.join()
  }

  @Test func oneKindOfAddressIsEnough() {
    let server = LoopbackSocket(.datagram)
    let thread = Self.answerBoth(server) { $0.isForIPv6 ? nil : $0.answered() }
    #expect(words(Self.resolver([server]), "db", .milliseconds(1500)) == "10.0.0.1")
    thread.join()
  }

  @Test func endingsAreTriedBeforeTheBareName() {
    let server = LoopbackSocket(.datagram)
    let thread = BackgroundThread {
      for _ in 0..<4 { server.answer { $0.has("shop") ? $0.answered(code: 3) : $0.answered() } }
    }
    let resolver = Self.resolver([server], search: ["shop"])
    #expect(words(resolver, "db", .seconds(10)) == "10.0.0.1 2001:db8::1")
    thread.join()
  }

  @Test func unknownNames() {
    let server = LoopbackSocket(.datagram)
    let thread = Self.answerBoth(server) { $0.answered(code: 3) }
    #expect(words(Self.resolver([server]), "db", .seconds(10)) == "no such host")
    thread.join()
  }

  @Test func theNextServerIsAskedWhenOneFails() {
    let failing = LoopbackSocket(.datagram)
    let knowing = LoopbackSocket(.datagram)
    let threads = [
      Self.answerBoth(failing) { $0.answered(code: 2) }, Self.answerBoth(knowing) { $0.answered() },
    ]
    let resolver = Self.resolver([failing, knowing])
    #expect(words(resolver, "db", .seconds(10)) == "10.0.0.1 2001:db8::1")
    for thread in threads { thread.join() }
  }

  @Test func silenceEndsWithTheTime() {
    let server = LoopbackSocket(.datagram)
    let start = ContinuousClock.now
    let said = words(Self.resolver([server]), "db", .milliseconds(200))
    #expect(said == "name server 127.0.0.1 does not answer")
    #expect(ContinuousClock.now - start >= .milliseconds(190))
  }

  @Test func aClosedPortIsNoServer() {
    let port = LoopbackSocket(.datagram).port
    var configuration = ResolverConfiguration([])
    configuration.servers = [NameServer(.loopback, port: port)]
    let resolver = Resolver(hosts: HostsFile([]), configuration: configuration)
    #expect(words(resolver, "db", .seconds(10)) == "name server 127.0.0.1: connection refused")
  }

  @Test func whatDoesNotFitIsAskedAgainOverTCP() {
    // The other way round a client's connection that has just ended may have the number.
    let streams = LoopbackSocket(.stream)
    let datagrams = LoopbackSocket(.datagram, port: streams.port)
    let thread = BackgroundThread {
      for _ in 0..<2 {
        datagrams.answer { $0.isForIPv6 ? $0.answered() : $0.answered(truncated: true) }
      }
      guard let client = streams.accept() else { return }
      let answer = Array(client.receive().dropFirst(2)).answered()
      // In pieces, as TCP may deliver it.
      client.send([0])
      client.send([UInt8(answer.count)] + answer.prefix(20))
      client.send(Array(answer.dropFirst(20)))
      _ = client.receive()
    }
    #expect(words(Self.resolver([datagrams]), "db", .seconds(10)) == "10.0.0.1 2001:db8::1")
    thread.join()
  }
}

/// A question as a name server sees it.
extension [UInt8] {
  fileprivate var isForIPv6: Bool { count > 4 && self[count - 3] == 28 }

  fileprivate func has(_ label: String) -> Bool {
    indices.contains { self[$0...].starts(with: label.utf8) }
  }

  /// The answer with one address of the kind that was asked for.
  fileprivate func answered(code: UInt8 = 0, truncated: Bool = false) -> [UInt8] {
    let hasRecord = code == 0 && !truncated
    let six: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    let address = isForIPv6 ? six : [10, 0, 0, 1]
    let kind: UInt8 = isForIPv6 ? 28 : 1
    let record = [0xC0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, UInt8(address.count)] + address
    let header = [truncated ? 0x83 : 0x81, 0x80 | code, 0, 1, 0, hasRecord ? 1 : 0, 0, 0, 0, 0]
    return prefix(2) + header + dropFirst(12) + (hasRecord ? record : [])
  }
}
