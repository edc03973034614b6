import ProgramSpec

/// What it means for the whole that one instance has ended for good.
extension Fleet {
  mutating func ended(_ id: InstanceID, _ turn: inout Turn) {
    tellWhoIsHeldUp(by: id, &turn)
    guard phase == .up else { return }
    guard let cause = cause(of: id) else {
      if instances[id.index].facts.state == .fatal { answerNeverReady(id, &turn) }
      return
    }
    beginShutdown(cause, &turn)
  }

  mutating func fellIll(_ id: InstanceID, _ turn: inout Turn) {
    guard phase == .up, case .program(let rules) = plan.rules(of: id),
      rules.health?.onUnhealthy == .shutdown
    else { return }
    beginShutdown(.unhealthy(id), &turn)
  }

  private func cause(of id: InstanceID) -> ShutdownCause? {
    switch (instances[id.index].machine, plan.rules(of: id)) {
    // What came with a later change of the configuration must not take down what runs: those that
    // depend on it go on waiting.
    case (.wait, .wait(let rules)):
      return startedAt == nil && !rules.isLate ? .waitTimedOut(id) : nil
    case (.task(let task), .task(let rules)):
      let isLate = rules.isLate || (startedAt != nil && rules.stage == .start)
      return rules.onFailure == .abort && !isLate ? .hookFailed(id, task.lastExit) : nil
    case (.program(let program), .program(let rules)): return cause(of: id, program, rules)
    case (.wait, _), (.task, _), (.program, _), (.cron, _): return nil
    }
  }

  private func cause(
    of id: InstanceID, _ program: ProgramMachine, _ rules: ProgramRules
  ) -> ShutdownCause? {
    if plan.foreground == id, program.state == .fatal, let failure = program.spawnError {
      return .commandNotStarted(id, failure)
    }
    return switch (program.state, program.lastExit) {
    // One that never came up has ended as well.
    case (.fatal, let status) where rules.onFatal == .shutdown || rules.onExit == .shutdown:
      .fatal(id, status)
    case (.exited, .some(let status)) where rules.onExit == .shutdown: .exited(id, status)
    case (.stopped, _), (.launching, _), (.starting, _), (.running, _), (.backoff, _),
      (.stopping, _), (.exited, _), (.fatal, _), (.unknown, _):
      nil
    }
  }

  private func tellWhoIsHeldUp(by id: InstanceID, _ turn: inout Turn) {
    guard !instances[id.index].facts.isSatisfied else { return }
    let node = plan.members[id.index].node
    for dependent in plan.nodes[node.index].requiredBy {
      for index in plan.nodes[dependent.index].instances where instances[index].isWished {
        turn.effects.append(
          .record(
            Record(at: turn.now, instance: InstanceID(index), happening: .heldUp(by: node))))
      }
    }
  }
}

extension ShutdownCause {
  /// What the container ends with.
  package var exitCode: Int32 {
    switch self {
    case .signal, .asked, .reload: 0
    case .waitTimedOut: 69
    case .unhealthy: 1
    // A hook that was killed for taking too long may still say 0: timeout(1) says 124.
    case .hookFailed(_, let status): status.map { $0.shellCode == 0 ? 124 : $0.shellCode } ?? 127
    case .exited(_, let status): status.shellCode
    case .fatal(_, let status): status.map { $0.shellCode == 0 ? 1 : $0.shellCode } ?? 1
    // As a shell says it.
    case .commandNotStarted(_, let failure): failure.kind == .noFile ? 127 : 126
    }
  }
}
