import GatewayProtocol
import Support
import Testing

@Suite struct MessageTests {
  private static let messages: [GatewayMessage] = [
    .serve(
      GatewayListener(
        name: "/run/supervisor.sock", isUnix: true,
        login: .init(username: "u", password: "{SHA}ab"))),
    .serve(open("*:9001", ["app", "app.example"])),
    .identity(
      GatewayIdentity(
        identifier: "supervisor", version: "4.3.0", hostName: "box", isSupervisord: true)),
    .finish, .request(GatewayOrigin(peer: .user(33)), number: 0),
    .request(GatewayOrigin(peer: .address("::1"), username: "admin"), number: .max),
    .stream(number: 7), .noStream(number: .max),
    .report(
      GatewayReport(
        kind: .failedLogin, peer: .address("10.0.0.3"), text: "root", repetitions: 12)),
  ]

  private static func open(_ name: String, _ hosts: [String]) -> GatewayListener {
    var listener = GatewayListener(name: name, isUnix: false)
    listener.allowedHosts = hosts
    return listener
  }

  @Test(arguments: messages) func whatIsSaidIsHeard(_ message: GatewayMessage) {
    #expect(GatewayMessage(message.encoded[...]) == message)
    #expect(message.encoded.count <= GatewayMessage.longest)
    #expect(GatewayMessage((message.encoded + [1])[...]) == nil)
    #expect(GatewayMessage(message.encoded.dropLast()) == nil)
  }

  @Test func damagedRecordsAreNoMessageOrAnother() {
    var understood = 0
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = Self.messages[Int(seed % 7)].encoded
      Mutation.apply(to: &bytes, &random)
      guard let message = GatewayMessage(bytes[...]) else { continue }
      understood += 1
      #expect(GatewayMessage(message.encoded[...]) == message)
    }
    #expect(understood > 100)
  }
}
