import HTTP
import Support
import Testing

@Suite struct CodingTests {
  private func text(_ bytes: [UInt8]?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64IsThatOfTheStandard(_ plain: String, _ coded: String) {
    #expect(text(Base64.encode(plain.utf8)) == coded)
    #expect(text(Base64.decode(coded.utf8)) == plain)
  }

  @Test func base64PassesOverLineEnds() {
    #expect(text(Base64.decode("Zm\r\n 9v\n".utf8)) == "foo")
  }

  @Test(arguments: ["Zg", "Zg=", "Z", "Z===", "Zg==Zg==", "Zm9v!", "Zh==", "Zm9=", "====", "="])
  func whatIsNoBase64IsNothing(_ coded: String) { #expect(Base64.decode(coded.utf8) == nil) }

  @Test func damagedBase64NeverTrapsAndEveryByteComesBack() {
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let bytes = (0..<(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var coded = Base64.encode(bytes)
      #expect(Base64.decode(coded) == bytes)
      Mutation.apply(to: &coded, &random)
      guard let decoded = Base64.decode(coded) else { continue }
      #expect(Base64.encode(decoded) == coded.filter { !($0 == 32 || (9...13).contains($0)) })
    }
  }

  /// FIPS 180's own examples, and the lengths around a block.
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
    (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
    (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
  ])
  func sha1IsThatOfTheStandard(_ message: String, _ digest: String) {
    #expect(text(SHA1.hexadecimalDigest(Array(message.utf8))) == digest)
  }

  struct Login: CustomTestStringConvertible, Sendable {
    var expected: String
    var given: String
    var matches: Bool
    var testDescription: String { "\(given) for \(expected)" }
  }

  @Test(arguments: [
    Login(expected: "secret", given: "user:secret", matches: true),
    Login(expected: "secret", given: "user:Secret", matches: false),
    Login(expected: "secret", given: "usor:secret", matches: false),
    Login(expected: "secret", given: "user:", matches: false),
    Login(expected: "", given: "user:", matches: true),
    Login(expected: "a:b", given: "user:a:b", matches: true),
    Login(
      expected: "{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d", given: "user:thepassword",
      matches: true),
    Login(
      expected: "{SHA}82AB876D1387BFAFE46CC1C8A2EF074EAE50CB1D", given: "user:thepassword",
      matches: false),
    Login(
      expected: "{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d",
      given: "user:{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d", matches: false),
    Login(expected: "{SHA}", given: "user:", matches: false),
  ])
  func passwordsArePlainOrHashed(_ row: Login) {
    let expected = BasicCredentials(username: "user", password: row.expected)
    let field = "Basic \(String(decoding: Base64.encode(row.given.utf8), as: UTF8.self))"
    guard case .credentials(let given) = BasicCredentials.read(field) else {
      Issue.record("not read")
      return
    }
    #expect(given.match(expected) == row.matches)
    #expect(given.field == field)
  }

  @Test func whatIsNoBasicLoginIsToldApart() {
    #expect(BasicCredentials.read(nil) == .none)
    #expect(BasicCredentials.read("Bearer x") == .none)
    #expect(BasicCredentials.read("Basic !") == .malformed)
    #expect(BasicCredentials.read("Basic Zm9v") == .malformed)
    #expect(BasicCredentials.read("Basic") == .malformed)
  }

  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
    (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
  ])
  func datesAreWrittenAsTheStandardHasThem(_ seconds: Int64, _ date: String) {
    #expect(HTTPDate.text(seconds) == date)
  }

  @Test func queriesAreDecoded() {
    let query = URLText.query("processname=g%3aa+b&action=&&x&%zz=%4")
    #expect(query.map(\.name) == ["processname", "action", "x", "%zz"])
    #expect(query.map(\.value) == ["g:a b", "", "", "%4"])
    #expect(URLText.decode("a+b%20c%C3%A9".utf8) == "a+b cé")
    #expect(URLText.encode("a b:é/~") == "a%20b%3A%C3%A9%2F~")
  }
}
