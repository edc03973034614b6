import Support
import Testing
import XMLRPC

@Suite struct RoundTripTests {
  private static let value = XMLRPCValue.structure([
    .init("name", .string("a<&>\"' é🙂\r\n\t")), .init("pid", .integer(-2_147_483_648)),
    .init("size", .integer(3_221_225_472)), .init("ok", .boolean(true)),
    .init("ratio", .double(0.25)), .init("none", .null), .init("data", .base64([0, 255, 10])),
    .init("date", .dateTime("20261121T07:37:33")),
    .init("list", .array([.array([]), .structure([]), .string("")])),
  ])

  @Test func whatIsWrittenIsRead() throws {
    let call = XMLRPCCall(method: "a.b", parameters: [Self.value, .integer(1)])
    #expect(try XMLRPCCall.parse(call.encoded) == call)
    let fault = XMLRPCResponse.fault(XMLRPCFault(code: 10, text: "BAD_NAME: <x>"))
    for response in [XMLRPCResponse.value(Self.value), fault] {
      #expect(try XMLRPCResponse.parse(response.encoded) == response)
    }
  }

  @Test func anIntegerOfThirtyTwoBitsIsAnInt() {
    func text(_ number: Int) -> String {
      let bytes = XMLRPCResponse.value(.integer(number)).encoded
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text(2_147_483_647).contains("<int>2147483647</int>"))
    #expect(text(2_147_483_648).contains("<i8>2147483648</i8>"))
  }

  @Test(arguments: [
    ("\u{1B}[31mred", "\u{FFFD}[31mred"), ("a\0b\u{7F}", "a\u{FFFD}b\u{7F}"),
    ("x\u{FFFE}\u{FFFF}y", "x\u{FFFD}\u{FFFD}y"), ("\u{FFFD}\u{FFFD}", "\u{FFFD}\u{FFFD}"),
    ("\u{B}\u{C}\t\n", "\u{FFFD}\u{FFFD}\t\n"), ("\u{FFEE}\u{EFBF}", "\u{FFEE}\u{EFBF}"),
  ])
  func whatXMLHasNoCharacterForIsReplaced(_ text: String, _ shown: String) throws {
    let document = XMLRPCResponse.value(.string(text)).encoded
    #expect(try XMLRPCResponse.parse(document) == .value(.string(shown)))
    #expect(!document.contains { $0 < 32 && ![9, 10].contains($0) })
  }

  @Test func damagedDocumentsNeverTrapAndWhatIsReadIsWrittenTheSame() throws {
    let documents = [
      XMLRPCCall(method: "supervisor.startProcess", parameters: [Self.value]).encoded,
      XMLRPCCall(method: "system.multicall", parameters: [.array([Self.value])]).encoded,
    ]
    let pieces = [
      "<value>", "</value>", "<", ">", "&", "&#0;", "&amp;", "<!--", "-->", "<![CDATA[", "]]>",
      "<?", "?>", "/", "<!DOCTYPE", "<nil/>", "<array><data>", "'", "\"", "]]", "\u{FFFE}",
    ]
    var readable = 0
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var document = documents[Int(seed % 2)]
      if random.next() % 2 == 0 {
        Mutation.apply(to: &document, &random)
      } else {
        let piece = pieces[Int(random.next() % UInt64(pieces.count))]
        let place = Int(random.next() % UInt64(document.count + 1))
        document.insert(contentsOf: Array(piece.utf8), at: place)
      }
      guard let call = try? XMLRPCCall.parse(document) else { continue }
      readable += 1
      // Once more through the writer, by which all that cannot be said is gone.
      let said = try XMLRPCCall.parse(call.encoded)
      #expect(try XMLRPCCall.parse(said.encoded) == said, "seed \(seed)")
    }
    #expect(readable > 500)
  }
}
