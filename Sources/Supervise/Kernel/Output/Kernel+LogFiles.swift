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
    openLog(at: isRedirected ? nil : logPath(id, isError: isError), index)
  }

  /// The descriptor goes along with the answer: whoever reads logs for others need not be allowed
  /// to open files.
  mutating func openLog(at path: String?, _ index: Int) {
    guard let path, (try? fileStatus(path))?.kind == .regular,
      let file = try? openFile(path, [.read])
    else { return send(AnswerRenderer.fault("NO_FILE", path), index) }
    defer { closeDescriptor(file) }
    let answer = AnswerRenderer.object { $0.field("path", path) }
    do { try sendMessage(clients[index].descriptor, answer, passing: file) } catch {
      return send(AnswerRenderer.fault("FAILED", error.message), index)
    }
    send([], index)
  }

  /// By the logger, which has them open; where it has not, there is nothing but a file.
  mutating func clearLogs(_ names: [String], _ index: Int) {
    var clearing = LogClearing(client: clients[index].identity)
    for name in names {
      switch fleet.plan.target(named: name) {
      case .instance(let id): clear(id, &clearing)
      case .group(let members): for id in members { clear(id, &clearing) }
      case .unknown: clearing.answers += AnswerRenderer.fault("BAD_NAME", name)
      }
    }
    conclude(clearing)
  }

  mutating func clearMainLog(_ index: Int) {
    guard let mainLogStream, helpers[.logger].link.isRunning else {
      return send(AnswerRenderer.fault("NO_FILE"), index)
    }
    var clearing = LogClearing(client: clients[index].identity)
    clear(UInt32(mainLogStream), .mainLog, &clearing)
    conclude(clearing)
  }

  private mutating func clear(_ id: InstanceID, _ clearing: inout LogClearing) {
    let subject = LogClearing.Subject.instance(id, name: fleet.plan.members[id.index].displayName)
    let streams = helpers[.logger].link.isRunning ? output.numbers(of: id) : []
    for stream in streams { clear(stream, subject, &clearing) }
    guard streams.isEmpty else { return }
    clearing.answers += LogClearing.line(subject, failed: !removeLogs(of: id))
  }

  private mutating func clear(
    _ stream: UInt32, _ subject: LogClearing.Subject, _ clearing: inout LogClearing
  ) {
    clearing.waiting[nextClearing] = subject
    tellLogger(.clear(stream: stream, request: nextClearing))
    nextClearing &+= 1
  }

  /// A program that has never run: nobody has its files open.
  private func removeLogs(of id: InstanceID) -> Bool {
    [false, true].allSatisfy { isError in
      guard let path = logPath(id, isError: isError),
        (try? fileStatus(path, followingLinks: false))?.kind == .regular
      else { return true }
      return (try? removeFile(path)) != nil
    }
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
  }
}
