/// `[program:x]`, `[fcgi-program:x]` and `[eventlistener:x]`.
extension SectionReader {
  /// One process for each number in each group that lists the program.
  mutating func program(named name: String, groups: [String], format: LogFormat) -> Program {
    readPreset()
    scope.set("program_name", .text(name))
    scope.set("host_node_name", .text(context.surroundings.hostName))
    scope.set("group_name", .text(groups.first ?? name))
    readAhead(for: "numprocs")
    readAhead(for: "numprocs_start")
    let count = processCount()
    let first = value("numprocs_start", 0, SectionReader.processNumber)
    scope.set("numprocs", .number(count))
    checkProcessName(count)
    var processes: [Process] = []
    for group in groups {
      scope.set("group_name", .text(group))
      for number in first..<(first + count) {
        processes.append(process(number, of: name, group, format))
      }
    }
    var program = Program(processes: processes)
    readPolicies(&program)
    program.kind = kind()
    program.countsCharacters = value("event_len", false) { (text) throws(ValueProblem) in
      try Composite.oneOf(text, [("bytes", false), ("chars", true)])
    }
    if kinds == .listener { program.resultHandler = resultHandler() }
    return program
  }

  /// More is a mistake, and reading so many would take all memory before anything is started.
  private mutating func processCount() -> Int {
    let count = amount("numprocs", 1)
    let isUntrusted =
      !context.givesUpRoot && untrusted(in: entry("numprocs")?.value ?? "") != nil
    let most = isUntrusted ? Program.maxUntrustedProcesses : Program.maxProcesses
    guard count > most else { return count }
    let condition = isUntrusted ? " if a user other than root may change the number" : ""
    reject(
      "numprocs", "\(count)",
      ValueProblem("a program has at most \(most) processes\(condition); write a lower number"))
    return 1
  }

  private mutating func readPreset() {
    guard let name = text("preset") else { return }
    let known = Preset.all.map(\.name)
    guard known.contains(name) else {
      return context.report(.error, location("preset"), .unknownPreset(name, known: known))
    }
    preset = name
  }

  private mutating func checkProcessName(_ count: Int) {
    guard count > 1, entry("process_name")?.value.holds("%(process_num)") != true else { return }
    context.report(.error, location("process_name"), .processNumberMissing(section: section.name))
  }

  private mutating func process(
    _ number: Int, of program: String, _ group: String, _ format: LogFormat
  ) -> Process {
    scope.set("process_num", .number(number))
    let variables = variables()
    let name = checkedName(text("process_name") ?? program)
    var execution = execution(variables: variables)
    execution.output = output(format: format)
    let line = displayed(entry("command")?.value ?? "", text("command") ?? "")
    var process = Process(
      name: name, group: group, number: number, commandLine: line, execution: execution)
    process.stopCommand = optional("stop_command", ShellWords.split) ?? []
    process.healthProbe = optional("health", ProbeURL.parse)
    if case .probe(let url) = optional("ready", Composite.readiness) { process.readyProbe = url }
    return process
  }

  /// supervisord's may be below zero; those beyond are nobody's.
  private static func processNumber(_ text: String) throws(ValueProblem) -> Int {
    Int(try bounded(text, -1_000_000_000...1_000_000_000))
  }

  mutating func checkedName(_ name: String) -> String {
    let trimmed = name.trimmed
    for character: Character in [" ", ":", "/"] where trimmed.contains(character) {
      context.report(
        .error, location("process_name"), .badName(trimmed, character: character))
    }
    return trimmed
  }

  private mutating func kind() -> Program.Kind {
    if kinds == .fastCGI {
      _ = required("socket")
      guard var socket = optional("socket", SharedSocket.parse) else { return .plain }
      readSocket(&socket)
      return .fastCGI(socket)
    }
    guard kinds == .listener else { return .plain }
    return listener()
  }

  private mutating func listener() -> Program.Kind {
    let events = (required("events").map(Scalar.list) ?? []).map { $0.uppercased() }
    for event in events where !EventNames.all.contains(event) {
      context.report(.error, location("events"), .unknownEvent(event, section: section.name))
    }
    let size = value("buffer_size", 10, Scalar.natural)
    if size < 1 { contradict("buffer_size", "invalid buffer_size (\(size))") }
    if value("redirect_stderr", false, Scalar.bool) {
      contradict(
        "redirect_stderr",
        "redirect_stderr=true but this is not allowed because it will interfere with "
          + "the eventlistener protocol")
    }
    return .eventListener(events: events, bufferSize: size)
  }

  mutating func resultHandler() -> Program.ResultHandler {
    switch text("result_handler")?.trimmed {
    case nil, "supervisor.dispatchers:default_handler": return .standard
    case "supervisor_stdout:event_handler": return .supervisorStdout
    case .some:
      warn("result_handler", "names Python code, which cannot run here; every result is accepted")
      return .unknown
    }
  }

  private mutating func contradict(_ key: String, _ what: String) {
    context.report(.error, location(key), .contradiction("[\(section.name)] section sets \(what)"))
  }
}

extension SectionReader {
  /// Owner and mode are those of a file, which a TCP socket has not.
  private mutating func readSocket(_ socket: inout SharedSocket) {
    socket.owner = written("socket_owner", context.surroundings.identity)
    socket.mode = value("socket_mode", socket.mode, Scalar.octal)
    socket.backlog = written("socket_backlog") { (text) throws(ValueProblem) -> Int32 in
      guard let backlog = Int32(text.trimmed), (1...65535).contains(backlog) else {
        throw ValueProblem("\(text.quoted) is no backlog; write a number from 1 to 65535")
      }
      return backlog
    }
    guard case .tcp = socket.address else { return }
    for key in ["socket_owner", "socket_mode"] where entry(key) != nil {
      reject(key, text(key) ?? "", ValueProblem("only a unix socket has an owner and a mode"))
    }
  }
}

extension SharedSocket {
  static func parse(_ text: String) throws(ValueProblem) -> SharedSocket {
    if text.hasPrefix("unix:///") { return SharedSocket(address: .unix(String(text.dropFirst(7)))) }
    guard text.hasPrefix("tcp://") else {
      throw ValueProblem("Bad socket format \(text); write unix:///path or tcp://host:port")
    }
    let endpoint = try ProbeURL.endpoint(String(text.dropFirst(6)), port: nil)
    return SharedSocket(address: .tcp(endpoint))
  }
}
