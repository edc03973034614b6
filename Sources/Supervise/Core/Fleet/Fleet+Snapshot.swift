/// What `status` shows of one instance.
package struct Snapshot: Sendable, Equatable {
  package var state: StateName
  package var pid: Int32?
  package var isReady = false
  /// nil: it does not run, or nobody asks.
  package var isHealthy: Bool?
  /// What the last check of its health that failed has said.
  package var healthWords: String?
  /// It waits for its turn; with what holds it up.
  package var waitsFor: [NodeID]?
  package var startedAt: Instant?
  package var stoppedAt: Instant?
  package var lastExit: ExitStatus?
  /// See `ProgramMachine.reportedExit`.
  package var reportedExit: ExitStatus?
  package var spawnError: String?
  package var restarts = 0
  /// Of a program: since the supervisor began.
  package var restartCounts: RestartCounts?
  /// When it became ready, of the process that runs or the last one.
  package var readyAt: Instant?
  package var tries = 0
  /// Of a program: what its process has told by sd_notify(3).
  package var announced = Announced()
  /// Of a wait: what its probe said.
  package var lastWords: String?
  package var cron: CronSnapshot?
}

/// What `status` shows of a cron, all its places taken together.
package struct CronSnapshot: Sendable, Equatable {
  /// When it runs next, in seconds since 1970, UTC; nil: not by itself.
  package var next: Int64?
  /// How the last run ended that has; nil: none has.
  package var lastResult: StateName?
  package var endedAt: Instant?
  package var isQueued = false
  package var runs = 0
  package var skips = 0
  package var results = CronResults()
}

extension Fleet {
  /// Everything that starts by itself has been ready, the ready hooks have run, and no shutdown has
  /// begun. What comes later changes nothing of that: the service is there meanwhile.
  package var isReady: Bool { phase == .up && hasBeenReady }

  /// What the start, or what has been added since, is not complete without.
  package var awaited: [InstanceID] {
    instances.indices.filter { instances[$0].isAwaitedByStart }.map(InstanceID.init)
  }

  /// The state of one instance. Of a cron with several runs, the state of this run only.
  package func state(of id: InstanceID) -> StateName { instances[id.index].facts.state }

  package func snapshot(of id: InstanceID) -> Snapshot {
    var snapshot = Snapshot(state: instances[id.index].facts.state)
    snapshot.isReady = instances[id.index].facts.isSatisfied
    switch instances[id.index].machine {
    case .program(let program): snapshot.describe(program)
    case .task(let task): snapshot.describe(task)
    case .wait(let wait): snapshot.describe(wait)
    case .cron(let cron):
      let shown = runUnderWay(of: id) ?? cron
      snapshot.state = shown.run.state.name
      snapshot.describe(shown.run)
      snapshot.cron = cronSnapshot(of: id, cron)
    }
    if instances[id.index].isWished { snapshot.waitsFor = unmet(of: plan.members[id.index].node) }
    return snapshot
  }

  private func runUnderWay(of id: InstanceID) -> CronMachine? {
    for index in plan.node(of: id).instances {
      if case .cron(let cron) = instances[index].machine, cron.isBusy { return cron }
    }
    return nil
  }

  private func cronSnapshot(of id: InstanceID, _ cron: CronMachine) -> CronSnapshot {
    var snapshot = CronSnapshot(
      next: cron.timing.due.map(clock.seconds), isQueued: cron.queue != nil, skips: cron.skips)
    for index in plan.node(of: id).instances {
      guard case .cron(let place) = instances[index].machine else { continue }
      snapshot.runs += place.runs
      snapshot.results.add(place.results)
      guard let endedAt = place.endedAt, endedAt >= snapshot.endedAt ?? .zero else { continue }
      snapshot.endedAt = endedAt
      snapshot.lastResult = place.lastResult
    }
    return snapshot
  }

  /// What is not there yet, with barriers opened up into what they wait for themselves.
  private func unmet(of node: NodeID) -> [NodeID] {
    var found: [NodeID] = []
    let follows = plan.nodes[node.index].follows.filter { !nodes[$0.index].isSettled }
    var open = plan.nodes[node.index].requires.filter { !nodes[$0.index].isSatisfied } + follows
    while let next = open.popLast() {
      if plan.nodes[next.index].isBarrier {
        open += plan.nodes[next.index].requires.filter { !nodes[$0.index].isSatisfied }
      } else if !found.contains(next) {
        found.append(next)
      }
    }
    return found.sorted { $0.index < $1.index }
  }
}

extension Snapshot {
  fileprivate mutating func describe(_ program: ProgramMachine) {
    pid = program.state.live?.pid
    isReady = program.state.live?.readiness.isReady ?? false
    isHealthy = program.state.live?.health?.isHealthy
    healthWords = program.state.live?.health?.lastWords
    startedAt = program.startedAt
    stoppedAt = program.stoppedAt
    lastExit = program.lastExit
    reportedExit = program.reportedExit
    spawnError = program.spawnError?.text
    restarts = program.restarts.total
    restartCounts = program.restartCounts
    readyAt = program.readyAt
    tries = program.tries
    announced = program.announced
  }

  fileprivate mutating func describe(_ task: TaskMachine) {
    pid = task.state.pid
    startedAt = task.startedAt
    lastExit = task.lastExit
    tries = task.attempts
  }

  fileprivate mutating func describe(_ wait: WaitMachine) {
    startedAt = wait.startedAt
    tries = wait.tries
    lastWords = wait.lastWords
  }
}
