/// `[supervisord]` and the client.
extension SectionReader {
  mutating func supervisor() -> Supervisor {
    var supervisor = Supervisor()
    let surroundings = context.surroundings
    scope.set("host_node_name", .text(surroundings.hostName))
    supervisor.environment = readEnvironment()
    supervisor.user = supervisorUser()
    // What follows is used with the rights of this user.
    context.user = supervisor.user
    readLog(&supervisor)
    readProcess(&supervisor)
    readShutdown(&supervisor)
    supervisor.journal = text("journal").map(surroundings.absolute)
    supervisor.control = text("control").map(surroundings.absolute)
    supervisor.allowedAdvice = allowedAdvice()
    supervisor.identifier = text("identifier") ?? supervisor.identifier
    supervisor.untrusted = untrustedVariables(of: supervisor.environment)
    return supervisor
  }

  /// None if `user` is not root.
  private func untrustedVariables(of set: VariableSet) -> [UntrustedVariables] {
    guard !context.givesUpRoot else { return [] }
    var found: [UntrustedVariables] = []
    for variable in set.variables {
      guard let file = context.untrusted[variable.name] else { continue }
      if let index = found.firstIndex(where: { $0.file == file }) {
        found[index].names.append(variable.name)
      } else {
        found.append(UntrustedVariables(file: file, names: [variable.name]))
      }
    }
    return found
  }

  private mutating func allowedAdvice() -> [String] {
    let names = Scalar.list(text("allow") ?? "")
    let known = AdviceName.allCases.map(\.rawValue)
    for name in names where !known.contains(name) {
      let suggestion = nearest(to: name, among: known)
      context.report(
        .warning, location("allow"), .unknownAdvice(name, suggestion: suggestion))
    }
    return names
  }

  /// It is there for everybody, and for every `%(ENV_x)s`.
  mutating func readEnvironment() -> VariableSet {
    let read = variables()
    var table = VariableTable()
    for variable in read.files.variables + read.others {
      table.set(variable)
      context.environment[variable.name] = scope.variable(variable.name)
      context.untrusted[variable.name] = scope.file(of: variable.name)
    }
    let variables = VariableSet(table)
    // From now on references in files see these variables.
    context.environmentFiles = [:]
    context.concealed.formUnion(scope.concealed)
    context.common = variables
    return variables
  }

  private mutating func readLog(_ supervisor: inout Supervisor) {
    let surroundings = context.surroundings
    supervisor.logFile = optional("logfile") { (text) throws(ValueProblem) -> LogTarget in
      text.lowercased() == "syslog" ? .syslog : try surroundings.logTarget(text)
    }
    if supervisor.logFile == nil, surroundings.calledAs == .supervisord {
      supervisor.logFile = .file(surroundings.absolute("supervisord.log"))
    }
    supervisor.logFileMaximumBytes = amount(
      "logfile_maxbytes", 50 << 20, Scalar.signedBytes)
    supervisor.logFileBackups = amount("logfile_backups", 10)
    supervisor.logLevel = value("loglevel", .information) {
      (text) throws(ValueProblem) -> Supervisor.LogLevel in
      guard let level = Supervisor.LogLevel.named(text) else {
        throw ValueProblem("bad logging level name \(text.quoted); write one like info or debug")
      }
      return level
    }
    supervisor.logFormat = value("log_format", .raw) { (text) throws(ValueProblem) -> LogFormat in
      try Composite.oneOf(text, [("raw", .raw), ("prefix", .prefix), ("json", .json)])
    }
    supervisor.childLogDirectory = existingDirectory("childlogdir")
    supervisor.stripANSI = value("strip_ansi", false, Scalar.bool)
    supervisor.silent = value("silent", false, Scalar.bool)
  }

  private mutating func readProcess(_ supervisor: inout Supervisor) {
    supervisor.pidFile = text("pidfile").map(context.surroundings.absolute)
    if supervisor.pidFile == nil, context.surroundings.calledAs == .supervisord {
      supervisor.pidFile = context.surroundings.absolute("supervisord.pid")
    }
    supervisor.umask = written("umask", Scalar.octal)
    supervisor.nodaemon = value("nodaemon", false, Scalar.bool)
    supervisor.nocleanup = value("nocleanup", false, Scalar.bool)
    supervisor.minimumDescriptors = amount("minfds", 1024)
    supervisor.minimumProcesses = amount("minprocs", 200)
    supervisor.directory = existingDirectory("directory")
    supervisor.roleUserBase = optional("role_uid_base", roleUserBase)
    context.roleUserBase = supervisor.roleUserBase
  }

  /// Neither root nor (uid_t)-1 is among them.
  private func roleUserBase(_ text: String) throws(ValueProblem) -> UInt32 {
    let number = try Scalar.integer(text)
    guard let base = UInt32(exactly: number), base > 0, base < .max - Supervisor.roleUserCount
    else {
      throw ValueProblem("not a uid: \(text.quoted); write a number like 65520")
    }
    return base
  }

  private mutating func readShutdown(_ supervisor: inout Supervisor) {
    supervisor.shutdownTimeout = value("shutdown_timeout", .zero, Scalar.duration)
    supervisor.shutdownOrder = value("shutdown_order", .graph) {
      (text) throws(ValueProblem) -> Supervisor.ShutdownOrder in
      try Composite.oneOf(
        text, [("graph", .graph), ("serial", .serial), ("parallel", .parallel)])
    }
    supervisor.shutdownSignals = value("shutdown_signals", Supervisor.usualStops) {
      (text) throws(ValueProblem) -> [Signal] in
      var signals: [Signal] = []
      for item in Scalar.list(text) { signals.append(try Signal.parse(item)) }
      return signals
    }
  }

  private mutating func existingDirectory(_ key: String) -> String? {
    let surroundings = context.surroundings
    return written(key) { (text) throws(ValueProblem) -> String in
      let path = surroundings.absolute(text)
      guard !text.isEmpty, surroundings.isDirectory(path) else {
        throw ValueProblem("\(text) is not an existing directory")
      }
      return path
    }
  }

  mutating func client() -> ControlClient {
    var client = ControlClient()
    client.isConfigured = true
    client.serverURL = text("serverurl") ?? client.serverURL
    client.username = text("username")
    client.password = text("password")
    client.prompt = text("prompt") ?? client.prompt
    client.historyFile = text("history_file").map(context.surroundings.absolute)
    return client
  }
}

extension Supervisor.LogLevel {
  static func named(_ text: String) -> Supervisor.LogLevel? {
    switch text.lowercased() {
    case "critical", "crit": .critical
    case "error", "erro": .error
    case "warn": .warning
    case "info": .information
    case "debug", "debg": .debug
    case "trace", "trac": .trace
    case "blather", "blat": .blather
    default: nil
    }
  }
}
