import ProgramSpec
import Support
import Testing

/// `%(name)…`: what Python makes of the same.
@Suite struct FormatTests {
  private static func formatted(_ directive: String, _ number: Int) -> String? {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=x%(process_num)\(directive)\nnumprocs_start=\(number)\n")
    return reading.program("p")?.processes.first.map { String($0.commandLine.dropFirst()) }
  }

  @Test(
    arguments: [
      ("e", 0, "0.000000e+00"), ("e", 7, "7.000000e+00"), ("e", 1_234_567, "1.234567e+06"),
      (".3e", 1235, "1.235e+03"), (".3e", 12345, "1.234e+04"), (".3e", 12355, "1.236e+04"),
      (".0e", 95, "1e+02"), (".0e", 85, "8e+01"), ("#.0e", 7, "7.e+00"), ("E", 7, "7.000000E+00"),
      ("f", 7, "7.000000"), (".0f", 7, "7"), ("#.0f", 7, "7."), ("010.2f", -7, "-000007.00"),
      ("+f", 7, "+7.000000"), ("g", 0, "0"), ("g", 123_456, "123456"),
      ("g", 1_234_567, "1.23457e+06"), ("#g", 7, "7.00000"), (".2g", 100, "1e+02"),
      (".2g", 99, "99"), (".1g", 95, "1e+02"), (".0g", 7, "7"), ("G", 12_345_678, "1.23457E+07"),
      (".5g", 999_995, "1e+06"), ("20.10e", 999_999_999, "    9.9999999900e+08"),
    ] as [(String, Int, String)])
  func numbersAreWrittenAsDecimals(_ directive: String, _ number: Int, _ expected: String) {
    #expect(FormatTests.formatted(directive, number) == expected)
  }

  @Test(
    arguments: [
      ("-8a|", 65, "65      |"), ("c", 65, "A"), ("5c", 233, "    é"), ("ld", 7, "7"),
      ("hd", 7, "7"), ("Ld", -7, "-7"), (".3r", 12345, "123"), ("x", -255, "-ff"),
      ("#X", 255, "0XFF"), (" d", 7, " 7"), ("05d", -7, "-0007"), ("u", -7, "-7"),
    ] as [(String, Int, String)])
  func numbersAreWrittenAsWholeOnesAndLetters(
    _ directive: String, _ number: Int, _ expected: String
  ) {
    #expect(FormatTests.formatted(directive, number) == expected)
  }

  @Test(arguments: ["lld", "b", "*d", "c", "55555", ".", "", "5"])
  func whatPythonRefusesIsRefused(_ directive: String) {
    #expect(FormatTests.formatted(directive, 0) == nil)
  }

  @Test(arguments: [
    ("r", "it's", "\"it's\""), ("a", "é\u{1F600}ā", "'\\xe9\\U0001f600\\u0101'"),
    ("5r", "x", "  'x'"), (".3r", "abc", "'ab"), ("c", "k", "k"), ("5c", "k", "    k"),
    ("ls", "k", "k"), ("20a", "é", "              '\\xe9'"), (".1s", "e\u{301}", "e"),
  ])
  func textsAreWritten(_ directive: String, _ text: String, _ expected: String) {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=x%(ENV_A)\(directive)\n", environment: ["A": text])
    #expect(reading.program("p")?.processes.first?.commandLine == "x\(expected)")
  }

  @Test(arguments: 0..<200) func noDirectiveTraps(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let letters = Array("#0- +.123456789hlLdiuoxXeEfFgGcrsa%")
    for _ in 0..<20 {
      let count = Int(random.next() % 7)
      let directive = String((0..<count).map { _ in letters.randomElement(using: &random) ?? "s" })
      let number = Int(random.next() % 2_000_000_001) - 1_000_000_000
      let found = FormatTests.formatted(directive, number)
      #expect(found.map { $0.utf8.count < 20_000 } ?? true)
    }
  }
}

@Suite struct WholeNumberTests {
  @Test(
    arguments: [
      ("022", 0o22), ("0o22", 0o22), ("0O22", 0o22), ("0_22", 0o22), ("0o_7", 7), ("+7", 7),
      ("-1", 0o7777), ("17777", 0o7777), (" 7 ", 7),
    ] as [(String, UInt32)])
  func octalNumbersAreModes(_ text: String, _ mode: UInt32) throws {
    #expect(try Scalar.octal(text) == mode)
  }

  @Test(arguments: ["", "9", "_7", "7_", "7__7", "0o", "--7", "-", "77777777777777", "0x7"])
  func whatIsNoOctalNumber(_ text: String) {
    #expect(throws: ValueProblem.self) { try Scalar.octal(text) }
  }

  /// One record of 64 KiB describes a stream to the logger.
  @Test func logFilesOfAStreamAreLimited() {
    func reading(_ count: Int, _ name: String) -> ConfigurationReader.Reading {
      let paths = (0..<count).map { "/\(name)\($0)" }.joined(separator: ", ")
      return Workbench.readUnits("[program:p]\ncommand=x\nstdout_logfile=\(paths)\n")
    }
    let long = String(repeating: "x", count: 4000)
    #expect(reading(32, "a").messages == [] && reading(4, long).messages == [])
    for tooMany in [reading(33, "a"), reading(5, long)] {
      #expect(tooMany.configuration == nil)
      #expect(tooMany.messages.first?.hasSuffix("paths have 16 KiB together; write fewer") == true)
    }
  }

  /// supervisord takes them, to the effect of a zero.
  @Test(arguments: [
    "startsecs", "stopwaitsecs", "startretries", "stdout_logfile_maxbytes",
    "stderr_logfile_backups", "stdout_capture_maxbytes",
  ])
  func belowZeroIsZeroAndSaid(_ key: String) {
    let below = Workbench.readUnits("[program:p]\ncommand=x\n\(key)=-1\n")
    let zero = Workbench.readUnits("[program:p]\ncommand=x\n\(key)=0\n")
    #expect(below.program("p") == zero.program("p"))
    let column = key.utf8.count + 2
    let words = "4:\(column): warning: \(key)=-1 in [program:p]: below zero it counts as 0"
    #expect(below.messages == [words])
    #expect(zero.messages == [])
  }

  @Test(arguments: [
    ("startsecs=1_0", "startsecs=10"), ("exitcodes=1_0", "exitcodes=10"),
    ("stopsignal=1_5", "stopsignal=15"), ("startretries=1_0", "startretries=10"),
  ])
  func underscoresAreTaken(_ written: String, _ meant: String) {
    let readings = [written, meant].map { Workbench.readUnits("[program:p]\ncommand=x\n\($0)\n") }
    #expect(readings[0].program("p") == readings[1].program("p"))
    #expect(readings[0].configuration != nil)
  }

  @Test(arguments: [
    ("yes", "true"), ("on", "true"), ("1", "true"), ("no", "false"), ("off", "false"),
    ("0", "false"),
  ])
  func aSwitchHasFourSpellings(_ written: String, _ meant: String) {
    let readings = [written, meant].map {
      Workbench.readUnits("[program:p]\ncommand=x\nautostart=\($0)\n")
    }
    #expect(readings[0].program("p") == readings[1].program("p"))
    #expect(readings[0].program("p")?.autostart == (meant == "true"))
  }

  /// 106,751,991,167 days are the most in milliseconds.
  @Test(arguments: [
    "9223372036854775807d", "106751991168d", "106751991167d1d", "99999999999999999999s",
  ])
  func aDurationBeyondEveryNumberIsAnError(_ duration: String) {
    let reading = Workbench.readUnits("[program:p]\ncommand=x\nrestart_delay=\(duration)\n")
    #expect(reading.configuration == nil && reading.messages.count == 1)
  }

  @Test(arguments: ["9223372036854775807", "-9223372036854775808", "1000000001"])
  func noProcessHasANumberThatIsNone(_ number: String) {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=x\nnumprocs=2\nprocess_name=%(process_num)d\n"
        + "numprocs_start=\(number)\n")
    #expect(reading.configuration == nil)
  }
}

/// What supervisord takes of a program and fails to start.
@Suite struct UnusableCommandTests {
  @Test(arguments: [
    ("echo 'open", "can't parse command \"echo 'open\": No closing quotation"),
    ("a\\", "can't parse command 'a\\\\': No escaped character"), ("", "command is empty"),
  ])
  func itsProgramIsReadAndSaid(_ command: String, _ problem: String) {
    let reading = Workbench.readUnits("[program:p]\ncommand=\(command)\n[program:q]\ncommand=x\n")
    let process = reading.program("p")?.processes.first
    #expect(process?.execution.problem == problem)
    #expect(process?.execution.arguments == [])
    #expect(process?.commandLine == command)
    let place = command.isEmpty ? "3:1" : "3:9"
    #expect(
      reading.messages == [
        "\(place): warning: command=\(command) in [program:p]: \(problem); no start of it will work"
      ])
    #expect(reading.program("q") != nil)
  }

  @Test(arguments: ["[hook:h]", "[wait:w]"]) func aStepIsRefused(_ section: String) {
    for command in ["echo 'open", ""] {
      let reading = Workbench.readUnits("\(section)\ncommand=\(command)\n")
      #expect(reading.configuration == nil)
    }
  }
}

@Suite struct OverrideTests {
  private static func overrides(_ pairs: [(String, String, String)])
    -> [ConfigurationSource.Override]
  {
    pairs.map { .init(key: $0.0, value: $0.1, option: $0.2) }
  }

  @Test func theFileHasToBeRightWhereAnOptionReplacesIt() {
    let bench = Workbench(["/c": "[supervisord]\nnodaemon=maybe\n"])
    let reading = ConfigurationReader.read(
      path: "/c", in: bench.surroundings,
      overrides: OverrideTests.overrides([("nodaemon", "true", "-n")]))
    #expect(reading.configuration == nil)
    #expect(reading.diagnostics.count == 1)
  }

  @Test func optionsAreCheckedWithoutAFile() {
    let bench = Workbench()
    let found = ConfigurationReader.check(
      OverrideTests.overrides([("nodaemon", "true", "-n"), ("loglevel", "bogus", "-e")]),
      in: bench.surroundings)
    let words = "invalid value for -e 'bogus': bad logging level name 'bogus'; "
    #expect(found.map { "\($0)" } == [words + "write one like info or debug"])
  }

  /// supervisord's program logs are opened once it has gone to its directory.
  @Test(arguments: [(true, "/base/x.log"), (false, "/there/x.log")])
  func relativeLogsOfADaemonAreInItsDirectory(_ nodaemon: Bool, _ expected: String) {
    var bench = Workbench([
      "/c": "[supervisord]\nnodaemon=\(nodaemon)\ndirectory=/there\nlogfile=main.log\n"
        + "[program:p]\ncommand=x\nstdout_logfile=x.log\n"
    ])
    bench.surroundings.calledAs = .supervisord
    let reading = ConfigurationReader.read(path: "/c", in: bench.surroundings)
    let stdout = reading.program("p")?.processes.first?.execution.output.stdout
    #expect(stdout?.targets == [.file(expected)])
    #expect(stdout?.written == "x.log")
    #expect(reading.configuration?.supervisor.logFile == .file("/base/main.log"))
  }

  @Test(arguments: [
    ("~/x", "/home/me/x"), ("~www-data/x", "/var/www/x"),
    ("~nobody-at-all/x", "/base/~nobody-at-all/x"),
  ])
  func aHomeIsFound(_ text: String, _ expected: String) {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=x\nstdout_logfile=\(text)\n", environment: ["HOME": "/home/me/"])
    let stdout = reading.program("p")?.processes.first?.execution.output.stdout
    #expect(stdout?.targets == [.file(expected)])
  }
}
