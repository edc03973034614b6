import ProgramSpec
import Testing

@testable import Supervisorctl

@Suite struct CommandLineTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var words: [String]
    /// The parts that are set, in a fixed order, and then the action.
    var meaning: [String]
    var testDescription: String { words.joined(separator: " ") }

    init(_ words: String, _ meaning: String...) {
      self.words = words.split(separator: " ").map(String.init)
      self.meaning = meaning
    }
  }

  @Test(arguments: [
    Row("", ""),
    Row("status", "", "status"),
    Row("-c f status all", "c=f", "status", "all"),
    Row("-cf status", "c=f", "status"),
    Row("--conf f pid", "c=f", "pid"),
    Row("--configuration=f pid", "c=f", "pid"),
    Row("-is http://h pid", "s=http://h,i", "pid"),
    Row("-shttp://h", "s=http://h"),
    Row("--s=unix:///x", "s=unix:///x"),
    Row("-u u -p p", "u=u,p=p"),
    Row("--us u --pass p", "u=u,p=p"),
    Row("-r h", "r=h"),
    Row("--history-file h", "r=h"),
    Row("--history_file=h", "r=h"),
    Row("--hist h", "r=h"),
    Row("-?", "h"),
    Row("--help", "h"),
    Row("-i -- -x", "i", "-x"),
    Row("pid -c f", "", "pid", "-c", "f"),
    Row("- x", "", "-", "x"),
  ])
  func flagsMeanOneThing(_ row: Row) throws {
    let options = try CommandLineOptions.parse(row.words).get()
    let values = [
      ("c", options.configuration), ("s", options.serverURL), ("u", options.username),
      ("p", options.password), ("r", options.historyFile),
    ].compactMap { name, value in value.map { "\(name)=\($0)" } }
    let marks = (options.isInteractive ? ["i"] : []) + (options.wantsHelp ? ["h"] : [])
    let flags = (values + marks).joined(separator: ",")
    #expect([flags] + options.words == [row.meaning[0]] + row.meaning.dropFirst())
  }

  @Test(arguments: [
    ("-x", "option -x not recognized"),
    ("-ix", "option -x not recognized"),
    ("--bogus", "option --bogus not recognized"),
    ("-c", "option -c requires argument"),
    ("-ic", "option -c requires argument"),
    ("--conf", "option --configuration requires argument"),
    ("--h", "option --h not a unique prefix"),
    ("--interactive=3", "option --interactive must not have an argument"),
    ("-c a -c b", "conflicting command line option '-c'"),
    ("-s foo", "invalid value for -s 'foo': value 'foo' is not a URL"),
    ("--serverurl=", "invalid value for --serverurl '': value '' is not a URL"),
  ])
  func whatIsWrongIsSaidInSupervisorsWords(_ words: String, _ message: String) {
    let result = CommandLineOptions.parse(words.split(separator: " ").map(String.init))
    #expect(result == .failure(UsageMistake(message: message)))
  }
}

extension Result: @retroactive CustomTestStringConvertible where Failure == UsageMistake {
  public var testDescription: String {
    switch self {
    case .success: "accepted"
    case .failure(let mistake): mistake.message
    }
  }
}

@Suite struct ServerURLTests {
  @Test(arguments: [
    ("unix:///run/s.sock", ServerURL.Place.local(path: "/run/s.sock")),
    ("unix://s.sock", .local(path: "s.sock")),
    ("http://localhost:9001", .network(host: "localhost", port: 9001)),
    ("http://localhost:9001/", .network(host: "localhost", port: 9001)),
    ("http://localhost:9001/RPC2?x#y", .network(host: "localhost", port: 9001)),
    ("http://h", .network(host: "h", port: 80)),
    ("http://h:", .network(host: "h", port: 80)),
    ("http://[::1]:9001", .network(host: "::1", port: 9001)),
    ("http://[fe80::1%eth0]", .network(host: "fe80::1%eth0", port: 80)),
    ("http://u:p@h:1", .network(host: "h", port: 1)),
  ])
  func urlsNamePlaces(_ text: String, _ place: ServerURL.Place) {
    #expect(ServerURL(text)?.place == place)
  }

  @Test(arguments: [
    "https://h", "HTTP://h", "ftp://h", "foo", "", "http://", "http://h:x", "http://h:99999",
  ])
  func othersAreRefused(_ text: String) { #expect(ServerURL(text) == nil) }

  @Test func aURLMayCarryItsCredentials() {
    let credentials = ServerURL("http://u:p:q@h:1")?.credentials
    #expect(credentials?.username == "u")
    #expect(credentials?.password == "p:q")
    #expect(ServerURL("http://h")?.credentials == nil)
  }

  @Test(arguments: [
    ("http://h", true), ("unix:///x", true), ("foo:/x", true), ("http:x", true), ("foo", false),
    ("foo:", false), (":", false), ("http://", false), ("1a:x", false), ("", false), ("=", false),
  ])
  func onlyAURLLooksLikeOne(_ text: String, _ expected: Bool) {
    #expect(ServerURL.looksLikeOne(text) == expected)
  }
}

@Suite struct PythonTextTests {
  @Test(arguments: [
    ("SHUTDOWN_STATE", "'SHUTDOWN_STATE'"),
    ("NO_FILE: can't find command '/x'", "\"NO_FILE: can't find command '/x'\""),
    ("'\"", "'\\'\"'"),
    ("a\\b\n\t\r", "'a\\\\b\\n\\t\\r'"),
    ("\u{1B}\u{7F}\u{A0}\u{2028}", "'\\x1b\\x7f\\xa0\\u2028'"),
    ("hé\u{4E2D}", "'hé\u{4E2D}'"),
  ])
  func stringsAreQuotedAsPythonDoes(_ text: String, _ expected: String) {
    #expect(text.pythonRepresentation == expected)
  }
}
