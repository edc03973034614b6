internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Reading the configuration again: `reread`, `reload`, SIGHUP.
extension Kernel {
  /// At one time: each is a process that may take a minute.
  private static let mostTrials = 16

  mutating func tryConfiguration(_ purpose: ConfigurationTrial.Purpose) {
    guard fleet.phase == .up else { return conclude(purpose, .failure(.shutdownState)) }
    guard fleet.plan.foreground == nil else {
      return conclude(purpose, .failure(.cantReread("a command runs instead of the programs")))
    }
    // One is under way that will do it.
    if case .reload(nil) = purpose, trials.contains(where: { $0.purpose == purpose }) { return }
    guard trials.count < Kernel.mostTrials else {
      return conclude(purpose, .failure(.cantReread("it is being read too often already")))
    }
    if let obstacle = obstacle(to: .trial, "readers") {
      return conclude(purpose, .failure(.cantReread(obstacle)))
    }
    guard let source = source(for: purpose) else {
      return conclude(purpose, .failure(.cantReread("there is no configuration file")))
    }
    do throws(Errno) {
      let overrides = source.overrides.flatMap { [$0.section, $0.key, $0.value] }
      let launch = Launch(
        recipes.role(
          .reader,
          [
            "entrypoint: reader", source.path, source.surroundings.calledAs.word,
            source.surroundings.currentDirectory, ThisProcess.credentials.word,
          ] + overrides))
      var pipe = try Pipe(ownReader: true)
      let record = Descriptor(adopting: try MemoryFile.make("configuration"))
      var streams = Launch.Streams(input: nil, output: pipe.write, error: nil)
      streams.extra = (record.raw, MemoryFile.roleDescriptor)
      let pid = try startHelper(launch, streams)
      children.add(pid, .trial, role: .init(name: "reader"))
      guard let words = pipe.takeRead() else { return }
      trials.append(
        ConfigurationTrial(
          pid: pid, words: words.release(), record: record.release(), purpose: purpose,
          deadline: Kernel.now.advanced(by: ReadingLimit.supervisor)))
    } catch {
      conclude(purpose, .failure(.cantReread("cannot read it: \(error.message)")))
    }
  }

  private func source(for purpose: ConfigurationTrial.Purpose) -> ConfigurationSource? {
    switch purpose {
    case .difference: source
    case .reload: originalSource
    case .scale(_, let scaling): source?.scaling(section: scaling.section, to: scaling.count)
    }
  }

  mutating func trialEnded(_ child: EndedChild) {
    guard let index = trials.firstIndex(where: { $0.pid == child.pid }) else { return }
    let trial = trials.remove(at: index)
    let file = MemoryFile(owning: trial.record)
    defer { closeDescriptor(trial.words) }
    // A shutdown has begun meanwhile, and may have ended the reader too.
    guard fleet.phase == .up else { return conclude(trial.purpose, .failure(.shutdownState)) }
    guard child.how == .exited(code: 0) else {
      return conclude(trial.purpose, .failure(.cantReread(complaint(trial, child))))
    }
    if case .reload = trial.purpose {
      recordForReload.map(closeDescriptor)
      recordForReload = try? duplicateDescriptor(file.raw)
      return conclude(trial.purpose, .success(available))
    }
    guard
      let record = (try? file.contents(limit: HostRecord.maxBytes)).flatMap({
        HostRecord(encoded: $0)
      }),
      let read = source(for: trial.purpose)?.read(from: record).configuration
    else {
      return conclude(
        trial.purpose, .failure(.cantReread("the reader's record cannot be read")))
    }
    if let conflict = conflict(with: read) {
      return conclude(trial.purpose, .failure(.cantReread(conflict)))
    }
    recipes.facts.take(record)
    conclude(trial.purpose, .success(read))
  }

  /// Why a configuration cannot be taken while the roles run; nil: it can.
  private func conflict(with read: Configuration) -> String? {
    if let conflict = recipes.roleUsers.conflict(with: read) { return conflict }
    guard !recipes.sharesRootGroup, let unit = read.unitInRootGroup else { return nil }
    return "\(unit.name): its user is not root, but its group is; use reload, so that the roles no "
      + "longer trust this group, or another group"
  }

  var nextTrialDeadline: Instant? { trials.nextDeadline }

  /// The alarm of the reader ends it earlier, unless it is traced or waits for a disk.
  mutating func abandonLateTrials() {
    for trial in trials.takeOverdue(at: Kernel.now) {
      try? sendSignal(Signal.kill.number, toProcess: trial.pid)
      children.forget(trial.pid)
      closeDescriptor(trial.words)
      closeDescriptor(trial.record)
      let late = "the reader has not ended in \(ReadingLimit.supervisor.inWords)"
      conclude(trial.purpose, .failure(fleet.phase == .up ? .cantReread(late) : .shutdownState))
    }
  }

  private func complaint(_ trial: ConfigurationTrial, _ child: EndedChild) -> String {
    var said = [UInt8](repeating: 0, count: pipeAtomicSize)
    guard (try? waitFor(trial.words, .readable, milliseconds: 0)) == true,
      let count = try? readBytes(trial.words, into: &said), count > 0
    else { return "the reader ended: \(ExitStatus(child.how).text)" }
    return String(decoding: said[..<count], as: UTF8.self).trimmed
  }

  private enum Refusal: Error {
    case shutdownState
    case cantReread(String)
  }

  private mutating func conclude(
    _ purpose: ConfigurationTrial.Purpose, _ outcome: Result<Configuration, Refusal>
  ) {
    switch (purpose, outcome) {
    case (_, .failure(.shutdownState)): answer(purpose, AnswerRenderer.fault("SHUTDOWN_STATE"))
    case (_, .failure(.cantReread(let message))):
      for line in message.split(separator: "\n") {
        narrator.say(.error, "cannot read the configuration again: \(line)")
      }
      answer(purpose, AnswerRenderer.fault("CANT_REREAD", message))
    case (.difference, .success(let read)):
      available = read
      companions = []
      answer(purpose, AnswerRenderer.changes(from: configuration, to: read))
    case (.scale(let client, let scaling), .success(let read)):
      begin(scaling, read, for: client)
    case (.reload(let client), .success):
      if let origin = clients.first(where: { $0.identity == client })?.origin {
        publish(.changed(ClientChange(.reload, by: origin)))
      }
      answer(purpose, AnswerRenderer.accepted)
      deliver(.asked(AskID(0), .reload))
    }
  }

  private mutating func answer(_ purpose: ConfigurationTrial.Purpose, _ bytes: [UInt8]) {
    switch purpose {
    case .difference(let client), .reload(.some(let client)), .scale(let client, _):
      send(bytes, to: client)
    case .reload(nil): break
    }
  }
}

extension Surroundings.CalledAs {
  /// For the reader's command line.
  fileprivate var word: String {
    switch self {
    case .entrypoint: "entrypoint"
    case .supervisord: "supervisord"
    }
  }
}
