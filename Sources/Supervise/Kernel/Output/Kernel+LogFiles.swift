internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Log files, for those who want to read or to clear them.
extension Kernel {
  /// nil: the main log goes to no file.
  var mainLogPath: String? {
    guard case .file(let path)? = configuration.supervisor.logFile else { return nil }
    return path
  }

  mutating func openLog(_ name: String, isError: Bool, _ index: Int) {
    guard case .instance(let id) = fleet.plan.target(named: name) else {
      return send(AnswerRenderer.fault("BAD_NAME", name), index)
    }
    // What goes wherever stdout goes is no log of its own.
    let isRedirected = isError && wantedOutput(of: id)?.redirectStderr == true
    let identity = execution(of: id)?.identity
    let reader = LogReader(
      user: identity?.user ?? ThisProcess.effectiveUser,
      group: identity?.group ?? ThisProcess.effectiveGroup)
    openLog(at: isRedirected ? nil : logPath(id, isError: isError), as: reader, index)
  }

  mutating func openMainLog(_ index: Int) {
    let own = LogReader(user: ThisProcess.effectiveUser, group: ThisProcess.effectiveGroup)
    openLog(at: mainLogPath, as: own, index)
  }

  /// The logger opens the file, because its path may lead to whatever a program has put there, and
  /// passes the descriptor to the gateway, which need not be allowed to open files. A client of the
  /// control socket may have passed descriptors at its connection, which the logger must not get.
  private mutating func openLog(at path: String?, as reader: LogReader, _ index: Int) {
    guard clients[index].origin.isOfGateway else {
      return refuse("only the gateway is passed log files", index)
    }
    guard let path else { return send(AnswerRenderer.fault("NO_FILE", path), index) }
    let request = logReadings.add(path, for: clients[index].identity)
    let message = LogFileMessage.open(path: path, reader: reader, request: request)
    guard useLogger(message, passing: clients[index].descriptor) else {
      return logOpened(request, .notFound)
    }
  }

  /// nil: the logger has passed the descriptor of the file.
  mutating func logOpened(_ request: UInt32, _ error: Errno?) {
    guard let reading = logReadings.take(request) else { return }
    let answer =
      switch error {
      case nil: AnswerRenderer.object { $0.field("path", reading.path) }
      case let error? where error.isTransient: AnswerRenderer.fault("FAILED", error.message)
      case _?: AnswerRenderer.fault("NO_FILE", reading.path)
      }
    send(answer, to: reading.client)
  }

  /// The logger has ended without answering.
  mutating func finishLogReadings() {
    for request in logReadings.requests { logOpened(request, .notFound) }
  }

  /// False where no logger can be started now.
  mutating func useLogger(_ message: LogFileMessage, passing descriptor: Int32? = nil) -> Bool {
    output.usesLoggerForFiles = true
    startIfNeeded(.logger)
    guard helpers[.logger].link.isRunning else { return false }
    tellLogger(.file(message), passing: descriptor)
    return true
  }

  /// By the logger, which has them open; where it has not, there is nothing but a file.
  mutating func clearLogs(_ names: [String], _ index: Int) {
    var clearing = LogClearing(client: clients[index].identity, clients[index].origin)
    for name in names {
      switch fleet.plan.target(named: name) {
      case .instance(let id): clear(id, &clearing)
      case .group(let members): for id in members { clear(id, &clearing) }
      case .unknown: clearing.refuse(AnswerRenderer.fault("BAD_NAME", name))
      }
    }
    conclude(clearing)
  }

  mutating func clearMainLog(_ index: Int) {
    guard let mainLogStream, helpers[.logger].link.isRunning else {
      return send(AnswerRenderer.fault("NO_FILE"), index)
    }
    var clearing = LogClearing(client: clients[index].identity, clients[index].origin)
    clear(UInt32(mainLogStream), .mainLog, &clearing)
    conclude(clearing)
  }

  private mutating func clear(_ id: InstanceID, _ clearing: inout LogClearing) {
    let subject = LogClearing.Subject.instance(id, name: fleet.plan.members[id.index].displayName)
    let streams = helpers[.logger].link.isRunning ? output.numbers(of: id) : []
    for stream in streams { clear(stream, subject, &clearing) }
    if streams.isEmpty { removeLogs(of: id, subject, &clearing) }
  }

  private mutating func clear(
    _ stream: UInt32, _ subject: LogClearing.Subject, _ clearing: inout LogClearing
  ) {
    clearing.waiting[nextClearing] = subject
    tellLogger(.clear(stream: stream, request: nextClearing))
    nextClearing &+= 1
  }

  /// A program that has never run: no logger has its files open.
  private mutating func removeLogs(
    of id: InstanceID, _ subject: LogClearing.Subject, _ clearing: inout LogClearing
  ) {
    let paths = [false, true].compactMap { logPath(id, isError: $0) }
    for path in paths {
      guard useLogger(.remove(path: path, request: nextClearing)) else {
        return clearing.done(subject, failed: true)
      }
      clearing.waiting[nextClearing] = subject
      nextClearing &+= 1
    }
    if paths.isEmpty { clearing.done(subject, failed: false) }
  }

  mutating func logCleared(_ request: UInt32, _ error: Errno) {
    guard let index = clearings.firstIndex(where: { $0.waiting[request] != nil }) else { return }
    var clearing = clearings.remove(at: index)
    clearing.done(request, failed: error.code != 0)
    conclude(clearing)
  }

  /// The logger has ended: files that it has not reported as cleared may hold what they held.
  mutating func finishClearings() {
    let waiting = clearings
    clearings = []
    for var clearing in waiting {
      for request in clearing.waiting.keys.sorted() { clearing.done(request, failed: true) }
      conclude(clearing)
    }
  }

  private mutating func conclude(_ clearing: LogClearing) {
    guard clearing.waiting.isEmpty else { return clearings.append(clearing) }
    send(clearing.answers, to: clearing.client)
    if let change = clearing.change { publish(.changed(change)) }
  }
}
