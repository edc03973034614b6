import GatewayProtocol
import Support
import Testing

@Suite struct MessageTests {
  private static let messages: [GatewayMessage] = [
    .serve(
      GatewayListener(
        name: "/run/supervisor.sock", isUnix: true, username: "u", password: "{SHA}ab")),
    .serve(GatewayListener(name: "*:9001", isUnix: false)),
    .identity(identifier: "supervisor", version: "4.3.0"), .finish, .request,
  ]

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
      var bytes = Self.messages[Int(seed % 5)].encoded
      Mutation.apply(to: &bytes, &random)
      guard let message = GatewayMessage(bytes[...]) else { continue }
      understood += 1
      #expect(GatewayMessage(message.encoded[...]) == message)
    }
    #expect(understood > 100)
  }
}
