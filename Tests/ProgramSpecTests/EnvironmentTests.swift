import Testing

@testable import ProgramSpec

/// What comes into a program's environment from elsewhere, and who gets to see it.
@Suite struct EnvironmentTests {
  static func read(
    _ text: String, _ files: [String: String] = [:], environment: [String: String] = [:]
  ) -> ConfigurationReader.Reading {
    var all = files
    all["/etc/e.conf"] = "[supervisord]\n\(text)"
    let bench = Workbench(all, environment: environment)
    return ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
  }

  static func environment(of reading: ConfigurationReader.Reading) -> [String] {
    let process = reading.program("p")?.processes.first
    return process?.execution.environment.entries ?? []
  }

  @Test func filesComeBeforeEnvironmentAndLaterOnesWin() {
    let reading = EnvironmentTests.read(
      """
      [program:p]
      command=x %(ENV_B)s %(ENV_C)s
      environment_file=/one, -/two,
        rel
      environment=C="%(ENV_A)s!"
      """,
      ["/one": "A=1\nB=1\nC=1", "/base/rel": "B=${A}3\nD=${OUTER}"],
      environment: ["OUTER": "o"])
    #expect(reading.messages == [])
    #expect(EnvironmentTests.environment(of: reading) == ["A=1", "B=13", "C=1!", "D=o"])
    #expect(reading.program("p")?.processes.first?.execution.arguments == ["x", "13", "1!"])
  }

  /// supervisord puts it in first, and tells the pairs apart then: a part of a password is lost, or
  /// becomes a variable of its own.
  @Test(arguments: [
    #"w\\o"#, #"end\"#, #"a"b"c"#, #"x",LD_PRELOAD="/tmp/evil.so"#, "it's, 100%; #1", "%(ENV_X)s",
  ])
  func aVariableBetweenQuotationMarksIsTakenAsItIs(_ password: String) {
    for quote in ["\"", "'"] {
      let reading = EnvironmentTests.read(
        "[program:p]\ncommand=x\nenvironment=A=1,URL=\(quote)u:%(ENV_PW)s@h%%\(quote),B=2\n",
        environment: ["PW": password])
      #expect(reading.messages == [])
      #expect(EnvironmentTests.environment(of: reading) == ["A=1", "URL=u:\(password)@h%", "B=2"])
    }
  }

  @Test func aVariableOutsideOfThemMayBeSeveralPairs() {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nenvironment=A=%(ENV_A)s,%(ENV_MORE)s\n",
      environment: ["A": "a", "MORE": "B=\"b c\",C=3"])
    #expect(EnvironmentTests.environment(of: reading) == ["A=a", "B=b c", "C=3"])
  }

  @Test func thoseOfTheSupervisorCountEverywhere() throws {
    let reading = EnvironmentTests.read(
      """
      environment_file=/e
      secrets=KEY
      [wait:w]
      url=redis://:%(ENV_KEY)s@%(ENV_HOST)s
      [hook:h]
      command=migrate %(ENV_HOST)s
      """, ["/e": "HOST=db", "/run/secrets/KEY": "s3cret\n"])
    let configuration = try #require(reading.configuration)
    let common = configuration.supervisor.environment.variables
    #expect(common == [Variable("HOST", "db"), Variable("KEY", "s3cret")])
    guard case .wait(let wait) = configuration.units[0].work,
      case .hook(let hook) = configuration.units[1].work
    else { return #expect(Bool(false)) }
    let endpoint = Endpoint(host: "db", port: 6379)
    #expect(wait.condition == .probe(.redis(endpoint, RedisLogin(password: "s3cret"))))
    #expect(hook.execution.arguments == ["migrate", "db"])
  }

  @Test(arguments: [
    (
      "environment_file=/no",
      "2:18: error: environment_file=/no in [supervisord]: /no does not exist"
        + "; write -/no if it may be missing"
    ),
    ("environment_file=-/bad", "/bad:2:3: error: this quotation is never closed"),
    (
      "environment_file=/unset",
      "/unset:1:3: warning: NO is not set and counts as empty; "
        + "write ${NO:-} where it may be"
    ),
    (
      "secrets=A",
      "2:9: error: secrets=A in [supervisord]: A_FILE is not set, and /run/secrets/A "
        + "does not exist; mount the secret A, or set A_FILE to its path"
    ),
    (
      "secrets=B",
      "2:9: error: secrets=B in [supervisord]: B_FILE names a file that cannot be "
        + "used: /nowhere does not exist; mount the secret B, or set B_FILE to its path"
    ),
    (
      "secrets=a-b",
      "2:9: error: secrets=a-b in [supervisord]: 'a-b' is no name of a variable; "
        + "write one like DB_PASSWORD"
    ),
    (
      "secrets=../x",
      "2:9: error: secrets=../x in [supervisord]: '../x' is no name of a variable; "
        + "write one like DB_PASSWORD"
    ),
    (
      "secrets=1A",
      "2:9: error: secrets=1A in [supervisord]: '1A' is no name of a variable; "
        + "write one like DB_PASSWORD"
    ),
    (
      "environment=GOOD=1\nsecrets=GOOD",
      "3:9: error: secrets=GOOD in [supervisord]: GOOD stands "
        + "in environment= too; leave it out of one of them"
    ),
    (
      "secrets=LONG",
      "2:9: error: secrets=LONG in [supervisord]: /run/secrets/LONG is longer than "
        + "127 KiB, which no variable can be"
    ),
    (
      "secrets=ZERO",
      "2:9: error: secrets=ZERO in [supervisord]: /run/secrets/ZERO is not UTF-8 "
        + "text, which a variable has to be"
    ),
    (
      "[program:p]\ncommand=x\ncpu_affinity=3-1",
      "4:14: error: cpu_affinity=3-1 in [program:p]: "
        + "'3-1' is no processor; write numbers from 0 to 1023 like 0-3,6"
    ),
    (
      "[program:p]\ncommand=x\ncpu_affinity=1024",
      "4:14: error: cpu_affinity=1024 in [program:p]: "
        + "'1024' is no processor; write numbers from 0 to 1023 like 0-3,6"
    ),
    (
      "[program:p]\ncommand=x\ncpu_affinity=0,x",
      "4:14: error: cpu_affinity=0,x in [program:p]: "
        + "'x' is no processor; write numbers from 0 to 1023 like 0-3,6"
    ),
    (
      "[program:p]\ncommand=x\ncpu_affinity=,",
      "4:14: error: cpu_affinity=, in [program:p]: "
        + "there is no number; write some like 0-3,6"
    ),
    (
      "[program:p]\ncommand=x\ncapabilities=NET_BIND",
      "4:14: error: capabilities=NET_BIND in "
        + "[program:p]: 'NET_BIND' is no capability; write names like NET_BIND_SERVICE, or none"
    ),
    (
      "[program:p]\ncommand=x\ncapabilities=CAP_SETUDI",
      "4:14: error: capabilities=CAP_SETUDI in "
        + "[program:p]: 'CAP_SETUDI' is no capability; did you mean 'SETUID'?"
    ),
    (
      "[program:p]\ncommand=x\nhome_environment=maybe",
      "4:18: error: home_environment=maybe in "
        + "[program:p]: not a valid boolean value: 'maybe'; write true or false"
    ),
  ])
  func whatIsWrongIsToldWithItsPlace(_ text: String, _ message: String) {
    let files = [
      "/bad": "A=1\nB=\"x", "/unset": "B=$NO", "/run/secrets/GOOD": "x",
      "/run/secrets/LONG": String(repeating: "x", count: 130_049), "/run/secrets/ZERO": "a\0b",
    ]
    let reading = EnvironmentTests.read(text, files, environment: ["B_FILE": "/nowhere"])
    #expect(reading.messages == [message])
  }

  @Test(arguments: [
    ("s\n", "s"), ("s\r\n", "s"), ("s\n\n", "s\n"), ("s ", "s "), ("", ""), ("a\nb\n", "a\nb"),
  ])
  func oneLineEndIsNoPartOfASecret(_ file: String, _ value: String) {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nsecrets=A\n", ["/s": file], environment: ["A_FILE": "/s"])
    #expect(EnvironmentTests.environment(of: reading) == ["A=\(value)"])
  }

  @Test func theFileOfASecretMayBeNamedByAnyOfTheEnvironments() {
    let reading = EnvironmentTests.read(
      """
      environment_file=/e
      [program:p]
      command=x
      environment=B_FILE="/b",C_FILE=""
      secrets=A,B,C
      """,
      ["/e": "A_FILE=a", "/base/a": "one", "/b": "two", "/run/secrets/C": "three"])
    #expect(
      EnvironmentTests.environment(of: reading)
        == ["A_FILE=a", "A=one", "B=two", "C=three", "B_FILE=/b", "C_FILE="])
  }

  @Test func noSecretIsEverShown() {
    let reading = EnvironmentTests.read(
      """
      secrets=TOP
      environment=APP_KEY="visible",COLOUR="blue",U="mysql://u:hidden@db/x"
      [program:p]
      command=x --top=%(ENV_TOP)s %(ENV_TINY)s
      secrets=TINY
      environment=DSN="host=%(ENV_TOP)s"
      startsecs=%(ENV_TOP)s
      [program:q]
      command=y %(ENV_TOP)s
      ready=redis://:hidden@cache
      description=see https://me:hidden@host and https://hidden@other/ and a@b
      [wait:w]
      url=redis://u:hidden@cache:0
      [hook:h]
      command=z redis://:%(ENV_TOP)s@h
      environment=MINE="%(ENV_TOP)s"
      lock=redis://:hidden@cache/key
      """,
      ["/run/secrets/TOP": "topsecret", "/run/secrets/TINY": "t"])
    for text in reading.resolved.rows.map(\.value) + reading.messages {
      #expect(!text.holds("topsecret") && !text.holds("visible") && !text.holds("hidden"))
    }
    func shown(_ section: String, _ key: String) -> String? {
      reading.resolved.rows.first { $0.section == section && $0.key == key }?.value
    }
    #expect(
      shown("supervisord", "environment")
        == "APP_KEY=\"***\",COLOUR=\"blue\",U=\"mysql://u:***@db/x\"")
    #expect(shown("program:p", "command") == "x --top=*** ***")
    #expect(shown("program:p", "environment") == "DSN=\"host=***\"")
    #expect(shown("program:q", "ready") == "redis://:***@cache")
    #expect(
      shown("program:q", "description")
        == "see https://me:***@host and https://***@other/ and a@b")
    #expect(shown("hook:h", "lock") == "redis://:***@cache/key")
    #expect(
      reading.messages.contains(
        "8:11: error: startsecs=*** in [program:p]: not a valid duration: '***'; write one like "
          + "10s, 500ms or 1h30m"))
  }

  @Test func theCommandLineThatOthersSeeHasNoSecretEither() {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x %(ENV_A)s\nsecrets=A\n", ["/run/secrets/A": "topsecret"])
    let process = reading.program("p")?.processes.first
    #expect(process?.commandLine == "x ***")
    #expect(process?.execution.arguments == ["x", "topsecret"])
  }

  @Test(
    arguments: [
      ("user=www-data", ["HOME=/var/www", "USER=www-data", "LOGNAME=www-data"], []),
      ("user=33:4", ["HOME=/var/www", "USER=www-data", "LOGNAME=www-data"], []),
      ("user=1000", ["HOME=/"], ["USER", "LOGNAME"]),
      ("priority=1", ["HOME=/"], ["USER", "LOGNAME"]),
      (
        "user=www-data\nenvironment=HOME=/x",
        ["HOME=/var/www", "USER=www-data", "LOGNAME=www-data", "HOME=/x"], []
      ),
    ] as [(String, [String], [String])])
  func theHomeIsThatOfTheUser(_ keys: String, _ environment: [String], _ removed: [String]) {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nhome_environment=true\n\(keys)\n")
    #expect(EnvironmentTests.environment(of: reading) == environment)
    let execution = reading.program("p")?.processes.first?.execution
    #expect(execution?.removedVariables == removed)
  }

  @Test func whereNoUserIsNamedTheHomeIsTheSupervisorS() {
    let reading = EnvironmentTests.read(
      "user=www-data\n[program:p]\ncommand=x\nhome_environment=true\n")
    #expect(EnvironmentTests.environment(of: reading).first == "HOME=/var/www")
  }

  @Test func processorsAndCapabilities() {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\ncpu_affinity=6, 0-2,1\ncapabilities=cap_chown,Net_Bind_Service\n")
    let execution = reading.program("p")?.processes.first?.execution
    #expect(execution?.processors == [0, 1, 2, 6])
    #expect(execution?.capabilities == 1 << 0 | 1 << 10)
    let none = EnvironmentTests.read("[program:p]\ncommand=x\ncapabilities=none\n")
    #expect(none.program("p")?.processes.first?.execution.capabilities == 0)
  }

  @Test func theClientTakesItsPasswordFromTheSameFile() {
    var bench = Workbench([
      "/c": "[supervisord]\nenvironment_file=/e\nuser=nobody-knows\n[supervisorctl]\n"
        + "password=%(ENV_PW)s\n", "/e": "PW=open",
    ])
    let reading = ConfigurationReader.readClient(path: "/c", in: bench.surroundings)
    #expect(reading.client?.password == "open")
    bench.surroundings.readSmallFile = { _, _ in .failure(.notPermitted) }
    let other = ConfigurationReader.readClient(path: "/c", in: bench.surroundings)
    #expect(other.client == nil)
  }
}
