import ProgramSpec
import Testing

/// The grammar of Python's RawConfigParser, as supervisord uses it.
@Suite struct GrammarTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var line: String
    var value: String
  }

  @Test(arguments: [
    Row(testDescription: "equals", line: "command=a b", value: "a b"),
    Row(testDescription: "colon and blanks", line: "command :  a ", value: "a"),
    Row(testDescription: "upper case", line: "COMMAND=a", value: "a"),
    Row(testDescription: "a semicolon after a blank", line: "command=a ; b", value: "a"),
    Row(testDescription: "a hash after a tab", line: "command=a\t# b", value: "a"),
    Row(testDescription: "no blank before it", line: "command=a;b#c", value: "a;b#c"),
    Row(testDescription: "inside quotes too", line: "command=a 'b ; c'", value: "a 'b"),
    Row(
      testDescription: "the first pass to find one", line: "command=x;y ;c #d", value: "x;y ;c"),
    Row(testDescription: "continued", line: "command=a\n  b\n\tc", value: "a\nb\nc"),
    Row(testDescription: "a comment between", line: "command=a\n; no\n  b", value: "a\nb"),
    Row(testDescription: "a blank line between", line: "command=a\n\n  b\n\n", value: "a\n\nb"),
    Row(testDescription: "carriage returns", line: "command=a\r\n b\r", value: "a\nb"),
    Row(testDescription: "the last one wins", line: "command=a\ncommand=b", value: "b"),
    Row(
      testDescription: "sections merge", line: "command=a\n[x]\n[program:p]\ncommand=b",
      value: "b"),
    Row(testDescription: "a byte-order mark", line: "command=a", value: "a"),
  ])
  func aValueIsWhatPythonSays(_ row: Row) {
    let mark = row.testDescription == "a byte-order mark" ? "\u{FEFF}" : ""
    let text = "\(mark)[supervisord]\n[program:p]\n\(row.line)\n"
    let shown = Workbench.read(text).resolved.rows.first { $0.key == "command" }?.value
    #expect(shown == row.value)
  }

  @Test func defaultsAreSeenEverywhere() {
    let reading = Workbench.readUnits("[DEFAULT]\ncommand=x\n[program:p]\n")
    #expect(reading.program("p")?.processes.first?.execution.arguments == ["x"])
  }

  @Test func everyFaultyLineIsReported() {
    let reading = Workbench.read("[supervisord]\nfoo\n=bar\n[]\n")
    #expect(
      reading.messages == [
        "2:1: error: 'foo' is neither key=value nor a [section]",
        "3:1: error: '=bar' has no key before the delimiter",
        "4:1: error: '[]' is neither key=value nor a [section]",
      ])
  }

  @Test func filesAreIncludedInOrderAndOverride() {
    let bench = Workbench([
      "/etc/e.conf": "[supervisord]\n[include]\nfiles=conf.d/*.conf none/*.conf\n",
      "/etc/conf.d/b.conf": "[program:p]\ncommand=b %(here)s\n",
      "/etc/conf.d/a.conf": "[program:p]\ncommand=a\npriority=5\n[include]\nfiles=x\n",
    ])
    let reading = ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
    #expect(reading.program("p")?.processes.first?.commandLine == "b /etc/conf.d")
    #expect(reading.configuration?.units.first?.priority == 5)
    let messages = reading.messages
    #expect(messages.contains("3:7: warning: no file matches via include \"none/*.conf\""))
    #expect(messages.contains { $0.contains("an [include] inside an included file is ignored") })
  }
}

@Suite struct ExpansionTests {
  @Test(arguments: [
    ("%(program_name)s", "p"), ("%(process_num)02d", "00"), ("%(numprocs)d", "1"), ("%%h", "%h"),
    ("%(here)s", "/etc"), ("%(host_node_name)s", "box"), ("%(group_name)s", "p"),
    ("%(cpus)d", "4"), ("%(ENV_A)s", "1"), ("%(ENV_B:-d)s", "d"), ("%(ENV_E:-d)s", "d"),
    ("%(ENV_A:-d)s", "1"), ("%(ENV_A)5s|", "    1|"), ("%(ENV_A)-5s|", "1    |"),
    ("%(process_num)+d", "+0"), ("%(process_num)x", "0"), ("%(ENV_P)s", "50%(x)s"),
    ("%(ENV_B:-%(ENV_A)s)s", "1"), ("%(ENV_B:-x%(ENV_C:-%(program_name)s)s)s", "xp"),
    ("%(ENV_B:-50%)s", "50%"), ("%(ENV_A:-%(ENV_B)s)s", "1"), ("%(ENV_B:-%(ENV_P)s)s", "50%(x)s"),
  ])
  func namesStandForValues(_ text: String, _ expected: String) {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=\(text)\n", environment: ["A": "1", "E": "", "P": "50%(x)s"])
    #expect(reading.program("p")?.processes.first?.commandLine == expected)
  }

  @Test func whatIsWrongInADefaultIsSaidWithItsPlace() {
    let deep = String(repeating: "%(ENV_B:-", count: 9000) + String(repeating: ")s", count: 9000)
    for (text, complaint) in [
      ("%(ENV_B:-%(ENV_C)s)s", "the environment has no C"),
      ("%(ENV_B:-%(ENV_C)s", "the ) is missing"), (deep, "more than 16 defaults"),
    ] {
      let messages = Workbench.readUnits("[program:p]\ncommand=x \(text)\n").messages
      #expect(messages.contains { $0.hasPrefix("3:9: error: ") && $0.contains(complaint) })
    }
  }

  @Test func eachProcessHasItsOwnNumberAndEnvironment() {
    let reading = Workbench.readUnits(
      """
      [program:w]
      command=run %(process_num)d of %(numprocs)d %(ENV_PORT)s
      process_name=%(program_name)s_%(process_num)02d
      numprocs=2
      numprocs_start=5
      environment=PORT="80%(process_num)d"
      """)
    let processes = reading.program("w")?.processes ?? []
    #expect(processes.map(\.name) == ["w_05", "w_06"])
    #expect(processes.map(\.commandLine) == ["run 5 of 2 805", "run 6 of 2 806"])
  }
}

@Suite struct ValueTests {
  @Test(arguments: [
    ("10", 10_000), ("500ms", 500), ("10s", 10_000), ("5m", 300_000), ("1h30m", 5_400_000),
    ("1d", 86_400_000), (" 7 ", 7000),
  ])
  func durations(_ text: String, _ milliseconds: Int) throws {
    #expect(try Scalar.duration(text) == .milliseconds(milliseconds))
  }

  @Test(arguments: ["", "-1", "5x", "1.5s", "s", "1h x", "99999999999999999999d"])
  func whatIsNoDuration(_ text: String) {
    #expect(throws: ValueProblem.self) { try Scalar.duration(text) }
  }

  @Test(arguments: [
    ("50MB", 50 << 20), ("10 kb", 10 << 10), ("1GiB", 1 << 30), ("1_000", 1000), ("0", 0),
  ])
  func sizes(_ text: String, _ bytes: Int) throws { #expect(try Scalar.bytes(text) == bytes) }

  @Test(arguments: ["50M", "1TB", "1.5MB", "-1", "9999999999999GB"])
  func whatIsNoSize(_ text: String) {
    #expect(throws: ValueProblem.self) { try Scalar.bytes(text) }
  }

  @Test(arguments: [
    ("TERM", 15), ("sigquit", 3), ("15", 15), (" WINCH ", 28), ("CLD", 17), ("RTMIN+3", 37),
    ("RTMAX", 64), ("0", 0),
  ])
  func signals(_ text: String, _ number: Int32) throws {
    #expect(try Signal.parse(text).number == number)
  }

  @Test(arguments: [
    ("mysql://db", ProbeURL.mysql(Endpoint(host: "db", port: 3306))),
    ("mariadb://u:p@db:33/x", .mysql(Endpoint(host: "db", port: 33))),
    ("pgsql://db", .postgres(Endpoint(host: "db", port: 5432))),
    ("postgres://db/x?user=a@b", .postgres(Endpoint(host: "db", port: 5432))),
    ("redis://:@cache", .redis(Endpoint(host: "cache", port: 6379), nil)),
    (
      "redis://app:p%40ss%2Fw%zz@cache/0",
      .redis(
        Endpoint(host: "cache", port: 6379), RedisLogin(user: "app", password: "p@ss/w%zz"))
    ),
    (
      "redis://:s3cret@cache",
      .redis(Endpoint(host: "cache", port: 6379), RedisLogin(password: "s3cret"))
    ),
    ("http://[::1]:8080/up", .http(Endpoint(host: "::1", port: 8080), path: "/up")),
    ("fcgi:///run/fpm.sock#/ping", .fastCGI(.unix(path: "/run/fpm.sock"), path: "/ping")),
    (
      "fcgi://127.0.0.1:9000/ping",
      .fastCGI(.tcp(Endpoint(host: "127.0.0.1", port: 9000)), path: "/ping")
    ),
    ("exec:test -e '/a b'", .exec(["test", "-e", "/a b"])), ("sqlite:///x", .always),
    ("tcp://h:1", .tcp(Endpoint(host: "h", port: 1))), ("file:///x", .file(path: "/x")),
    ("unix:///run/x", .unix(path: "/run/x")),
  ])
  func probeURLs(_ text: String, _ url: ProbeURL) throws {
    #expect(try ProbeURL.parse(text) == url)
    #expect(try ProbeURL.parse(url.confidentialText) == url)
  }

  /// Neither a name server nor a log is told what stands before an @.
  @Test(arguments: [
    "http://admin:s3cret@host/health", "http://admin:s3cret@host:80/", "tcp://u:s3cret@h:1",
    "fcgi://u:s3cret@h:9000/ping", "postgres://u:pa/s3cret@db/x", "redis://:s3/cret@cache",
  ])
  func whereAPasswordHasNoPlaceItIsNotRepeated(_ text: String) {
    let problem = #expect(throws: ValueProblem.self) { try ProbeURL.parse(text) }
    #expect(problem?.reason.contains("s3") == false)
  }

  @Test func whatATitleShowsHasNoToken() throws {
    let url = try ProbeURL.parse("http://h:81/health?token=secret")
    #expect(url.title == "http://h:81/health" && "\(url)".hasSuffix("?token=secret"))
  }

  @Test func passwordsAreNeverShown() throws {
    #expect("\(try ProbeURL.parse("redis://:s3cret@cache"))" == "redis://:***@cache:6379")
  }

  /// supervisord's table.
  @Test(arguments: [
    ("A=\"v\",B='w'", ["A=v", "B=w"]), ("A=1;B=2", ["A=1", "B=2"]), ("A=foo#bar", ["A=foo"]),
    ("A=\"\",", ["A="]), ("A=\"x\\\"y\"", ["A=x\"y"]), ("A=a/b.c+d-e(f):g", ["A=a/b.c+d-e(f):g"]),
    ("A=1\n,B=2", ["A=1", "B=2"]), ("A=1,A=2", ["A=2"]), ("X = \"1\"", ["X=1"]),
  ])
  func environments(_ text: String, _ pairs: [String]) throws {
    #expect(try EnvironmentPairs.parse(text).map { "\($0.name)=\($0.value)" } == pairs)
  }

  @Test(arguments: ["A=", "A=a@b", "A", "A=\"open", "A=1 2,B=3"])
  func whatIsNoEnvironment(_ text: String) {
    #expect(throws: ValueProblem.self) { try EnvironmentPairs.parse(text) }
  }

  @Test(arguments: [
    ("/dev/stdout", [LogTarget.descriptor(1)]), ("/proc/1/fd/2", [.descriptor(2)]),
    ("/dev/fd/7", [.descriptor(7)]), ("none", []), ("AUTO", [.automatic]), ("syslog", [.syslog]),
    ("/var/log/x, /dev/stdout", [.file("/var/log/x"), .descriptor(1)]),
    ("logs/x", [.file("/base/logs/x")]),
  ])
  func logTargets(_ text: String, _ targets: [LogTarget]) {
    let reading = Workbench.readUnits("[program:p]\ncommand=x\nstdout_logfile=\(text)\n")
    #expect(reading.program("p")?.processes.first?.execution.output.stdout.targets == targets)
  }
}
