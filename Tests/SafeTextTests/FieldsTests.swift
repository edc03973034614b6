import SafeText
import Testing

@Suite struct FieldsTests {
  @Test(arguments: [
    ("a/b", ["a", "b"]), ("/a//b/", ["a", "b"]), ("", []), ("/", []),
    // A combining mark, and a joiner that belongs to the character before it.
    ("a/\u{301}b", ["a", "\u{301}b"]), ("/\u{301}", ["\u{301}"]),
    ("a/\u{200D}/b", ["a", "\u{200D}", "b"]),
    ("ä/é", ["ä", "é"]),
  ])
  func everySeparatorSeparates(_ text: String, _ fields: [String]) {
    #expect(text.fields(separatedBy: "/").map(String.init) == fields)
  }

  @Test func emptyFieldsAndALimit() {
    let fields = ":a::b".fields(separatedBy: ":", maxSplits: 2, omittingEmpty: false)
    #expect(fields == ["", "a", ":b"])
  }

  @Test(arguments: [("/a", true), ("/\u{301}a", true), ("a/", false), ("", false)])
  func beginsWithAnASCIICharacter(_ text: String, _ begins: Bool) {
    #expect(text.begins(with: "/") == begins)
  }
}
