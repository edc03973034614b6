import Testing

@testable import Command

@Suite struct InvocationTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var words: String
    var action: Invocation.Action
    var configuration: String?
    var socket: String?
    var skipsSteps = false
    var testDescription: String { words.isEmpty ? "nothing" : words }
  }

  @Test(arguments: [
    Row(words: "", action: .run(command: [])),
    Row(words: "run", action: .run(command: [])),
    Row(words: "-c f run", action: .run(command: []), configuration: "f"),
    Row(words: "run -c f -s s", action: .run(command: []), configuration: "f", socket: "s"),
    Row(words: "run -- sh -c x", action: .run(command: ["sh", "-c", "x"])),
    Row(words: "run --no-hooks -- status", action: .run(command: ["status"]), skipsSteps: true),
    Row(words: "-- status", action: .run(command: ["status"])),
    Row(words: "bash -c x", action: .run(command: ["bash", "-c", "x"])),
    Row(words: "run status", action: .run(command: ["status"])),
    Row(words: "status --json a", action: .command(.status, ["--json", "a"])),
    Row(words: "status -s s a", action: .command(.status, ["a"]), socket: "s"),
    Row(words: "tail -f x", action: .command(.tail, ["-f", "x"])),
    Row(words: "tail -f /dev/null", action: .run(command: ["tail", "-f", "/dev/null"])),
    Row(
      words: "-c /f tail -n 5 -F /var/log/x",
      action: .run(command: ["tail", "-n", "5", "-F", "/var/log/x"]), configuration: "/f"),
    Row(words: "tail -f x -s /s", action: .command(.tail, ["-f", "x"]), socket: "/s"),
    Row(
      words: "tail -c /f x stderr", action: .command(.tail, ["x", "stderr"]), configuration: "/f"),
    Row(words: "run tail", action: .run(command: ["tail"])),
    Row(words: "wait tcp://a:1 -c x", action: .command(.wait, ["tcp://a:1", "-c", "x"])),
    Row(words: "-h", action: .help(nil)),
    Row(words: "status -h", action: .help("status")),
    Row(words: "help smoke", action: .help("smoke")),
    Row(words: "--version", action: .ownVersion),
    Row(words: "version", action: .command(.version, [])),
  ])
  func wordsMeanOneThing(_ row: Row) throws {
    let words = row.words.split(separator: " ").map(String.init)
    var expected = Invocation(action: row.action)
    expected.configurationPath = row.configuration
    expected.socket = row.socket
    expected.skipsSteps = row.skipsSteps
    #expect(try Invocation.parse(words).get() == expected)
  }

  @Test(arguments: [
    ("--bogus", "Error: option --bogus not recognized\nFor help, use entrypoint -h\n"),
    ("-c", "Error: option -c requires argument\nFor help, use entrypoint -h\n"),
  ])
  func wrongWordsAreSaid(_ words: String, _ text: String) {
    guard case .failure(let error) = Invocation.parse([words]) else {
      Issue.record("it was accepted")
      return
    }
    #expect(error.text == text)
  }

  @Test func everyCommandHasItsPage() {
    for verb in Verb.allCases { #expect(Help.words.contains(verb.rawValue)) }
    for word in Help.words { #expect(Help.overview.contains(word)) }
  }
}
