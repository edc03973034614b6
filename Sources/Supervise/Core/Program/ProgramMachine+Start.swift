import ProgramSpec

/// The steps towards RUNNING and ready, and back from a start that failed.
extension ProgramMachine {
  /// `cause` is nil for the first time.
  mutating func launch(because cause: RestartCause?, _ turn: inout Turn) {
    if let cause { restartCounts.count(cause) }
    readyAt = nil
    spawnError = nil
    reportedExit = nil
    announced = Announced()
    startedAt = turn.now
    turn.moved(state.name, .starting, because: nil)
    state = .launching
    turn.effects.append(.spawn(turn.id))
  }

  /// Starts it again by itself, unless that has happened too often in too short a time. A start
  /// that has failed for want of a process is tried again without a limit.
  mutating func relaunch(
    because cause: RestartCause, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    guard let limit = rules.restart.limit, spawnError?.kind != .shortage else {
      restarts.count()
      return launch(because: cause, &turn)
    }
    guard restarts.admits(limit, at: turn.now) else {
      return giveUp(because: .restartLimit(limit), &turn)
    }
    launch(because: cause, &turn)
  }

  mutating func promote(_ live: Live, _ rules: ProgramRules, _ turn: inout Turn) {
    turn.moved(.starting, .running, pid: live.pid)
    state = .running(live)
    if live.readiness.isReady { forgetFailures() }
    if rules.readiness == .running { becomeReady(rules, &turn) }
    beginHealthChecks(rules, turn)
    beginWatchdog(turn)
  }

  mutating func becomeReady(_ rules: ProgramRules, _ turn: inout Turn) {
    guard let live = state.live else { return }
    updateLive { $0.readiness.becomeReady(&turn) }
    if case .running = state { forgetFailures() }
    hasBeenReady = true
    readyAt = turn.now
    turn.moved(state.name, .ready, pid: live.pid)
    beginHealthChecks(rules, turn)
    beginWatchdog(turn)
  }

  /// It is ready, and has been up for `startsecs`. Ready alone is not enough: one that crashes
  /// right after its first answer would never be given up.
  private mutating func forgetFailures() {
    tries = 0
    restarts.settle()
  }

  mutating func watchReadiness(_ rules: ProgramRules, _ turn: inout Turn) {
    guard var live = state.live, !live.readiness.isReady else { return }
    if live.readiness.isLate(at: turn.now) { return beginStop(live, .notReady, rules, &turn) }
    live.readiness.act(&turn)
    updateLive { $0 = live }
  }

  /// STARTING to BACKOFF, and on to FATAL where that was one time too many.
  mutating func failStart(
    _ failure: SpawnFailure, because reason: Reason? = nil, _ rules: ProgramRules,
    _ turn: inout Turn
  ) {
    let retries = failure.kind == .shortage ? nil : rules.restart.startRetries
    updateLive { $0.abandonWatches(&turn) }
    spawnError = failure
    let delay = delay(after: failure, rules.restart, &turn.random)
    turn.moved(
      state.name, .backoff, pid: state.live?.pid, because: reason ?? .spawnFailure(failure))
    state = .backoff(until: turn.now.advanced(by: delay))
    if isRetired { return giveUp(because: .asked, &turn) }
    if let retries, tries > retries { return giveUp(because: .spawnFailure(failure), &turn) }
    turn.record(.restartScheduled(delay: delay, tries: tries))
  }

  /// Counts the failed start, if it says something about the program.
  private mutating func delay(
    after failure: SpawnFailure, _ policy: RestartPolicy, _ random: inout RandomSource
  ) -> Duration {
    guard failure.kind != .shortage else { return policy.delayOfShortage(&restarts, &random) }
    tries = min(tries + 1, Int(Int32.max))
    return policy.delay(afterFailures: tries, &restarts, &random)
  }

  mutating func giveUp(because reason: Reason, _ turn: inout Turn) {
    turn.moved(state.name, .fatal, because: reason)
    state = .fatal
    tries = 0
  }

  mutating func updateLive(_ change: (inout Live) -> Void) {
    switch state {
    case .starting(var live):
      change(&live)
      state = .starting(live)
    case .running(var live):
      change(&live)
      state = .running(live)
    case .stopped, .launching, .backoff, .stopping, .exited, .fatal, .unknown: break
    }
  }
}
