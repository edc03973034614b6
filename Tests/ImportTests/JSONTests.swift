import ControlProtocol
import Support
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    ("1", JSONValue.number(1)), (" -0.5e+1 ", .number(-5)),
    ("\"a\\u00e9\\n\\/\"", .string("aé\n/")),
    (#""\ud83d\ude00""#, .string("😀")), (#""\ud83d""#, .string("\u{FFFD}")),
    (#""\ud83d\u0041""#, .string("\u{FFFD}A")), ("[1,[]]", .array([.number(1), .array([])])),
    ("{\"a\":null,\"a\":true}", .object(["a": .bool(true)])), ("\t\r\n{}", .object([:])),
  ])
  func whatIsJSON(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONValue.read(Array(text.utf8)[...]) == value)
  }

  @Test(arguments: [
    ("", 1, 1), ("01", 1, 3), ("+1", 1, 1), ("1.", 1, 3), (".5", 1, 1), ("1e", 1, 3),
    ("1e999", 1, 6),
    ("nul", 1, 1), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\" 1}", 1, 6), ("{a:1}", 1, 2),
    ("\"a\nb\"", 1, 3), ("\"\\x\"", 1, 4), ("\"\\u12g4\"", 1, 6), ("\"a", 1, 3),
    ("[\n1,\n  x]", 3, 3),
    ("1 2", 1, 3), ("\u{0B}1", 1, 1), (String(repeating: "[", count: 100), 1, 33), ("NaN", 1, 1),
  ])
  func whatIsNoneIsSaidWithItsPlace(_ text: String, _ line: Int, _ column: Int) {
    let problem = #expect(throws: JSONProblem.self) {
      try JSONValue.read(Array(text.utf8)[...])
    }
    #expect(problem?.line == line && problem?.column == column, "\(problem.debugDescription)")
  }

  /// Times as PID 1 writes them; numbers of any size are written without a trap.
  @Test(arguments: [
    ("0", "0"), ("-3", "-3"), ("0.5", "0.500000"), ("1.000001", "1.000001"),
    ("0.29", "0.290000"), ("123456789.5", "123456789.500000"), ("-0.5", "-0.5"),
    ("20000000000.5", "20000000000.5"), ("1e300", "1e+300"),
  ])
  func numbersAreWrittenAsTheyAre(_ text: String, _ written: String) throws {
    let value = try JSONValue.read(Array(text.utf8)[...])
    #expect(JSONText.line(value) == "\(written)\n")
  }

  @Test func stringsAreUTF8() {
    #expect(JSONValue.parse([34, 0xFF, 34]) == nil)
  }

  /// A slice that does not begin at zero has places of its own.
  @Test func placesAreCountedFromTheBeginningOfTheText() {
    let text = Array("xx[1,\n ?]".utf8)
    let problem = #expect(throws: JSONProblem.self) { try JSONValue.read(text[2...]) }
    #expect(problem?.line == 2 && problem?.column == 2)
  }

  @Test(arguments: 0..<10 as Range<UInt64>) func damageNeverTraps(_ batch: UInt64) {
    let sound = Array(#"{"a":[1,-2.5e3,"\u00e9\ud83d\ude00\n",true,null],"b":{"c":""}}"#.utf8)
    for seed in (batch * 300)..<(batch * 300 + 300) {
      var random = SplitMix64(seed: seed)
      var bytes = sound
      for _ in 0...Int(random.next() % 4) { Mutation.apply(to: &bytes, &random) }
      do { _ = try JSONValue.read(bytes[...]) } catch {
        #expect(error.line >= 1 && error.column >= 1 && !error.reason.isEmpty, "seed \(seed)")
      }
    }
  }
}
