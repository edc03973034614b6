import ControlProtocol
import Support
import Testing

@testable import Command

@Suite struct ClientTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var answer: String
    var verb: Verb
    var text: String
    var code: Int32
    var testDescription: String { "\(verb) \(answer)" }
  }

  /// supervisorctl's table of texts and codes.
  @Test(arguments: [
    Row(answer: #"{"name":"a","result":"started"}"#, verb: .start, text: "a: started", code: 0),
    Row(
      answer: #"{"name":"a","fault":"BAD_NAME"}"#, verb: .start,
      text: "a: ERROR (no such process)", code: 1),
    Row(
      answer: #"{"name":"g","fault":"BAD_NAME","group":true}"#, verb: .start,
      text: "g: ERROR (no such group)", code: 2),
    Row(
      answer: #"{"name":"g","fault":"BAD_NAME","group":true}"#, verb: .stop,
      text: "g: ERROR (no such group)", code: 1),
    Row(
      answer: #"{"name":"a","fault":"ALREADY_STARTED"}"#, verb: .start,
      text: "a: ERROR (already started)", code: 0),
    Row(
      answer: #"{"name":"a","fault":"NO_FILE"}"#, verb: .start,
      text: "a: ERROR (no such file)", code: 1),
    Row(
      answer: #"{"name":"a","fault":"NOT_EXECUTABLE"}"#, verb: .start,
      text: "a: ERROR (file is not executable)", code: 1),
    Row(
      answer: #"{"name":"a","fault":"SPAWN_ERROR"}"#, verb: .start,
      text: "a: ERROR (spawn error)", code: 7),
    Row(
      answer: #"{"name":"a","fault":"ABNORMAL_TERMINATION"}"#, verb: .start,
      text: "a: ERROR (abnormal termination)", code: 7),
    Row(
      answer: #"{"name":"a","fault":"NOT_RUNNING"}"#, verb: .stop,
      text: "a: ERROR (not running)", code: 0),
    Row(
      answer: #"{"name":"a","fault":"NOT_RUNNING"}"#, verb: .signal,
      text: "a: ERROR (not running)", code: 7),
  ])
  func answersAreSaidAsSupervisorctlSaysThem(_ row: Row) throws {
    let answer = try #require(JSONValue.parse(Array(row.answer.utf8)[...]))
    let outcome = Outcome(answer, row.verb)
    #expect(outcome.text == row.text)
    #expect(outcome.code == row.code)
  }

  @Test func jsonIsReadAsItIsWritten() {
    let text = #"{"a":[1,-2.5e1,true,null,"é\"\\\né"],"b":{}}"#
    let expected = JSONValue.object([
      "a": .array([.number(1), .number(-25), .bool(true), .null, .string("é\"\\\né")]),
      "b": .object([:]),
    ])
    #expect(JSONValue.parse(Array(text.utf8)[...]) == expected)
  }

  @Test(arguments: ["", "{", "[1,", "\"a", "{\"a\"}", "tru", "1 2", "\"\\u12\"", "[[[[[["])
  func whatIsNoJSONIsNothing(_ text: String) {
    #expect(JSONValue.parse(Array(text.utf8)[...]) == nil)
  }

  @Test func damagedJSONNeverTraps() {
    let text = Array(#"{"at":0.5,"name":"a","x":[{"y":"\u00e9"},null,-1e9]}"#.utf8)
    var readable = 0
    for seed in 0..<5000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = text
      Mutation.apply(to: &bytes, &random)
      if JSONValue.parse(bytes[...]) != nil { readable += 1 }
    }
    #expect(readable > 0)
  }

  private func journal(_ lines: String) -> Timeline {
    Timeline(lines.split(separator: "\n").compactMap { JSONValue.parse(Array($0.utf8)[...]) })
  }

  @Test func theOrderIsReadFromTheJournal() {
    let timeline = journal(
      """
      {"at":0.1,"unit":"db","name":"db","from":"stopped","to":"running"}
      {"at":0.5,"unit":"db","name":"db","from":"running","to":"passed"}
      {"at":0.4,"unit":"web","name":"web:web_0","from":"stopped","to":"starting"}
      {"at":0.9,"unit":"web","name":"web:web_0","from":"running","to":"ready"}
      {"at":0.6,"unit":"web","name":"web:web_1","from":"stopped","to":"starting"}
      """)
    #expect(Smoke.violations(of: ["db", "web:web_1"], timeline) == [])
    #expect(
      Smoke.violations(of: ["db", "web"], timeline)
        == ["web began at 0.400s, before db was ready at 0.500s"])
    #expect(Smoke.violations(of: ["web", "db"], timeline) == ["web was never ready"])
    #expect(Smoke.violations(of: ["db", "nobody"], timeline) == ["there is no unit nobody"])
  }
}
