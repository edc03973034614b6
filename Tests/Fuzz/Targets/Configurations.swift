import SuperviseCore

@testable import ProgramSpec

/// Configuration files through the whole decode, and records of a host's answers.
extension FuzzTarget {
  static let configuration = [
    FuzzTarget("ini") { (input) throws(Violation) in try ConfigurationProperties.check(input) },
    FuzzTarget("host-record") { (input) throws(Violation) in try RecordProperties.check(input) },
  ]
}

enum ConfigurationProperties {
  private static let path = "/etc/entrypoint.conf"

  static func check(_ input: [UInt8]) throws(Violation) {
    let host = host(input)
    let reading = ConfigurationReader.check(path: path, in: host)
    try check(reading, input)
    try checkRecorded(input, reading)
    guard let configuration = reading.configuration else { return }
    try checkPlan(configuration)
    try checkShell(configuration)
  }

  /// Answers that do not depend on the machine.
  private static func host(_ input: [UInt8]) -> Surroundings {
    var host = Surroundings()
    host.environment = [
      "HOME": "/root", "PATH": "/bin", "A": "x", "EMPTY": "", "PASSWORD": "geheim",
    ]
    host.credentials.mayChangeUser = true
    host.credentials.mayChangeGroups = true
    let files = [
      path: input, "/etc/extra.conf": Array("[program:extra]\ncommand=/bin/extra\n".utf8),
      "/etc/app.env": Array("A=1\nB=${A}\n".utf8), "/run/secrets/s": Array("geheim\n".utf8),
    ]
    host.readFile = { files[$0].map { .success($0) } ?? .failure(.notFound) }
    host.readSmallFile = { [host] path, _ in host.readFile(path).map { .init($0) } }
    host.matches = { $0.hasPrefix("/etc/extra") ? ["/etc/extra.conf"] : [] }
    host.userNamed = { name in
      ["root", "app"].firstIndex(of: name).map { number in
        .init(
          name: name, user: UInt32(number), group: UInt32(number), groups: [UInt32(number)],
          home: "/home/\(name)", shell: "/bin/sh")
      }
    }
    host.userNumbered = { number in number < 2 ? host.userNamed(["root", "app"][Int(number)]) : nil
    }
    host.groupNamed = { ["root": 0, "app": 1][$0] }
    host.command = { name, _ in name.hasPrefix("/") ? .success(name) : .success("/bin/\(name)") }
    return host
  }

  private static func check(
    _ reading: ConfigurationReader.Reading, _ input: [UInt8]
  ) throws(Violation) {
    let hasErrors = reading.diagnostics.contains { $0.severity == .error }
    try require(
      (reading.configuration == nil) == hasErrors, "errors \(hasErrors), but a configuration")
    for diagnostic in reading.diagnostics + reading.advice {
      let text = diagnostic.description
      try require(text.utf8.count <= 8 * input.count + 8192, "\(text.utf8.count) bytes of message")
      let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
      try require(isPrintable, "a control character in \(text.debugDescription)")
      try require(!text.utf8.isEmpty, "an empty message")
    }
  }

  /// PID 1 reads the same from the record of another process as that process has read itself.
  private static func checkRecorded(
    _ input: [UInt8], _ checked: ConfigurationReader.Reading
  ) throws(Violation) {
    let recorder = HostRecorder()
    let first = ConfigurationReader.read(path: path, in: recorder.recording(host(input)))
    try require(first.configuration == checked.configuration, "check reads something else")
    guard let record = HostRecord(encoded: recorder.record.encoded) else {
      throw Violation("a record that cannot be read")
    }
    try require(record == recorder.record, "a record that has changed")
    let second = ConfigurationReader.read(
      path: path, in: record.replayed(like: host(input)))
    try requireEqual(second.diagnostics, first.diagnostics, "diagnostics from the record")
    try require(second.configuration == first.configuration, "a configuration from the record")
    try require(second.resolved == first.resolved, "values from the record")
  }

  /// Whatever is accepted can be planned, started and shut down, and does not differ from itself.
  private static func checkPlan(_ configuration: Configuration) throws(Violation) {
    for changes in [
      Changes.ofGroups(from: configuration, to: configuration),
      Changes.ofSteps(from: configuration, to: configuration),
      Changes.ofCrons(from: configuration, to: configuration),
    ] { try requireEqual(changes, Changes(), "changes from a configuration to itself") }
    var fleet = Fleet(Plan(configuration), seed: 1)
    var effects: [Effect] = []
    fleet.on(.began, at: Instant(nanoseconds: 0), into: &effects)
    try requireEqual(fleet.violations(), [], "invariants after the start")
    fleet.on(.signalled(.terminate), at: Instant(nanoseconds: 1_000_000), into: &effects)
    try requireEqual(fleet.violations(), [], "invariants during shutdown")
  }

  private static func checkShell(_ configuration: Configuration) throws(Violation) {
    for unit in configuration.units {
      guard case .program(let program) = unit.work else { continue }
      try require(
        (0...Program.maxProcesses).contains(program.processes.count), "processes of \(unit.name)")
      for process in program.processes {
        try require(!process.name.utf8.contains { $0 <= 32 || $0 == 127 }, "name \(process.name)")
      }
    }
  }
}

enum RecordProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    guard let record = HostRecord(encoded: input) else { return }
    try require(record.queries.count <= input.count, "\(record.queries.count) questions")
    guard let again = HostRecord(encoded: record.encoded) else {
      throw Violation("a record that cannot be read as it is written")
    }
    try requireEqual(again, record, "a record")
    let host = record.replayed(like: Surroundings())
    let reading = ConfigurationReader.read(path: "/c", in: host)
    let hasErrors = reading.diagnostics.contains { $0.severity == .error }
    try require((reading.configuration == nil) == hasErrors, "errors, but a configuration")
  }
}
