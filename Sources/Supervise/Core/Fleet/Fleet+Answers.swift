/// Answers that come later: when what somebody waits for has happened, or no longer can.
extension Fleet {
  mutating func answer(about id: InstanceID, _ turn: inout Turn) {
    guard !asks.isEmpty else { return }
    for index in asks.indices where asks[index].remaining.contains(id) {
      guard let answer = answer(about: id, asks[index].kind) else { continue }
      reply(asks[index].id, answer, &turn)
      asks[index].remaining.removeAll { $0 == id }
      if asks[index].isAnswered { reply(asks[index].id, .end, &turn) }
    }
    forgetAnswered()
  }

  mutating func forgetAnswered() {
    asks.removeAll(where: \.isAnswered)
  }

  private func answer(about id: InstanceID, _ kind: Ask.Kind) -> Answer? {
    if case .cron(let cron) = instances[id.index].machine { return answer(about: id, cron, kind) }
    guard case .program(let program) = instances[id.index].machine else { return nil }
    switch kind {
    case .readiness: return nil
    case .stop: return stopAnswer(id, program)
    case .start: return instances[id.index].isWished ? nil : startAnswer(id, program)
    case .launch:
      if instances[id.index].isWished { return .started(id) }
      guard case .starting = program.state else { return startAnswer(id, program) }
      return .started(id)
    }
  }

  /// A run is started once it has a process, however soon it ends.
  private func answer(
    about id: InstanceID, _ cron: CronMachine, _ kind: Ask.Kind
  ) -> Answer? {
    switch (kind, cron.run.state) {
    case (.readiness, _), (_, .launching): nil
    case (.stop, .running), (.stop, .stopping), (.stop, .killed): nil
    case (.stop, _): .stopped(id)
    case (.start, _) where instances[id.index].isWished: nil
    case (.launch, _) where instances[id.index].isWished: .started(id)
    // It was stopped before it had a process.
    case (_, .stopped): fault(.abnormalTermination, id)
    case (.start, _), (.launch, _):
      cron.hasFailedToStart
        ? .fault(name: plan.members[id.index].displayName, .spawnError, isGroup: false)
        : .started(id)
    }
  }

  private func stopAnswer(_ id: InstanceID, _ program: ProgramMachine) -> Answer? {
    if program.state.isActive || program.state.isUnderWay { return nil }
    // The kernel has refused a signal, or SIGKILL has not ended the process.
    if case .unknown = program.state { return fault(.failed, id) }
    return .stopped(id)
  }

  private func startAnswer(_ id: InstanceID, _ program: ProgramMachine) -> Answer? {
    let name = plan.members[id.index].displayName
    switch program.state {
    case .launching, .starting: return nil
    case .running: return .started(id)
    case .backoff, .fatal:
      return .fault(name: name, program.spawnError?.kind.fault ?? .spawnError, isGroup: false)
    case .stopped, .stopping, .exited, .unknown:
      return .fault(name: name, .abnormalTermination, isGroup: false)
    }
  }

  mutating func answerReady(_ turn: inout Turn) {
    for ask in asks where ask.kind == .readiness {
      reply(ask.id, .ready, &turn)
      reply(ask.id, .end, &turn)
    }
    asks.removeAll { $0.kind == .readiness }
  }

  mutating func answerNeverReady(_ id: InstanceID, _ turn: inout Turn) {
    guard instances[id.index].isAwaitedByStart else { return }
    answerNeverReady(because: "\(plan.members[id.index].displayName) is FATAL", &turn)
  }

  private mutating func answerNeverReady(because reason: String, _ turn: inout Turn) {
    for ask in asks where ask.kind == .readiness {
      reply(ask.id, .neverReady(reason: reason), &turn)
      reply(ask.id, .end, &turn)
    }
    asks.removeAll { $0.kind == .readiness }
  }

  /// Somebody asks too late: it has failed already.
  mutating func answerIfNeverReady(_ turn: inout Turn) {
    guard phase == .up else {
      return answerNeverReady(because: "shutting down", &turn)
    }
    for index in instances.indices where instances[index].facts.state == .fatal {
      answerNeverReady(InstanceID(index), &turn)
    }
  }

  /// A failed step or a blocked unit does not become ready without a request either, so that a
  /// client would wait for it forever.
  mutating func answerStalled(_ turn: inout Turn) {
    guard phase == .up, awaitedCount > 0, asks.contains(where: { $0.kind == .readiness }),
      !hasAwaitedOnItsWay,
      let first = instances.indices.first(where: { instances[$0].isAwaitedByStart })
    else { return }
    let id = InstanceID(first)
    let name = plan.members[first].displayName
    guard isHeldUp(id), let obstacle = snapshot(of: id).waitsFor?.first else {
      return answerNeverReady(
        because: "\(name) is \(instances[first].facts.state.rawValue.uppercased())", &turn)
    }
    answerNeverReady(because: "\(name) waits for \(plan.nodes[obstacle.index].name)", &turn)
  }

  /// Shutdown has begun: nobody is left waiting for a start, only for a stop.
  mutating func refuseAsks(_ turn: inout Turn) {
    answerNeverReady(because: "shutting down", &turn)
    for ask in asks where ask.kind == .start || ask.kind == .launch {
      for id in ask.remaining {
        let name = plan.members[id.index].displayName
        reply(ask.id, .fault(name: name, .shutdownState, isGroup: false), &turn)
      }
      reply(ask.id, .end, &turn)
    }
    asks.removeAll { $0.kind == .start || $0.kind == .launch }
    refuseRolls(&turn)
  }

  /// The shutdown continues without processes that do not end: a client that waits for their stop
  /// is told that it has failed.
  mutating func answerFailedStops(_ turn: inout Turn) {
    for ask in asks {
      for id in ask.remaining {
        let name = plan.members[id.index].displayName
        reply(ask.id, .fault(name: name, .failed, isGroup: false), &turn)
      }
      reply(ask.id, .end, &turn)
    }
    asks = []
  }
}

extension SpawnFailure.Kind {
  fileprivate var fault: Fault {
    switch self {
    case .noFile: .noFile
    case .notExecutable: .notExecutable
    case .shortage, .other: .spawnError
    }
  }
}
