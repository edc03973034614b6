import ProgramSpec

/// The steps away from RUNNING: by itself, or because somebody wants it.
extension ProgramMachine {
  /// An exit before `startsecs` is a failed start whatever its code, except one that is planned.
  mutating func exitedWhileStarting(
    _ live: Live, _ status: ExitStatus, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    let wasUpLongEnough = turn.now >= live.since.advanced(by: rules.restart.startSeconds)
    if wasUpLongEnough || rules.restart.plans(status) {
      promote(live, rules, &turn)
      exitByItself(status, rules, &turn)
    } else {
      failStart(.exitedTooQuickly, because: .exit(status, expected: false), rules, &turn)
    }
  }

  mutating func exitByItself(_ status: ExitStatus, _ rules: ProgramRules, _ turn: inout Turn) {
    updateLive { $0.abandonWatches(&turn) }
    let expected = rules.restart.expects(status)
    turn.moved(
      state.name, .exited, pid: state.live?.pid, because: .exit(status, expected: expected))
    state = .exited(restartAt: nil)
    reportedExit = status
    guard !isRetired, rules.restart.restarts(expected: expected) else { return }
    let upFor = startedAt.map { turn.now.elapsed(since: $0) } ?? .zero
    guard
      let delay = rules.restart.delay(afterBeingUpFor: upFor, &restarts, &turn.random)
    else { return relaunch(because: RestartCause(status), rules, &turn) }
    state = .exited(restartAt: turn.now.advanced(by: delay))
    turn.record(.restartScheduled(delay: delay, tries: tries))
  }

  mutating func beginStop(
    _ live: Live, _ intent: StopIntent, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    turn.moved(state.name, .stopping, pid: live.pid, because: intent.reason(rules))
    var stopped = live
    stopped.abandonWatches(&turn)
    if intent == .hurried { return kill(stopped, intent, rules.stop.steps.count, rules, &turn) }
    if rules.hasStopCommand { return runStopCommand(stopped, intent, rules, &turn) }
    send(0, to: stopped, intent, rules, &turn)
  }

  /// Somebody wants a process stopped that is being stopped already.
  mutating func restop(
    _ live: Live, _ stopping: Stopping, _ intent: StopIntent, _ rules: ProgramRules,
    _ turn: inout Turn
  ) {
    if stopping.intent == .hurried { return }
    if intent == .hurried {
      endStopCommand(&turn)
      return kill(live, intent, rules.stop.steps.count, rules, &turn)
    }
    var changed = stopping
    changed.intent = intent
    state = .stopping(live, changed)
  }

  mutating func escalate(
    _ live: Live, _ stopping: Stopping, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    endStopCommand(&turn)
    if isRetired, stopping.step >= rules.stop.steps.count { return abandon(live, &turn) }
    send(stopping.step + 1, to: live, stopping.intent, rules, &turn)
  }

  mutating func send(
    _ index: Int, to live: Live, _ intent: StopIntent, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    guard index < rules.stop.steps.count else { return kill(live, intent, index, rules, &turn) }
    let step = rules.stop.steps[index]
    let asGroup = step.signal == .kill ? rules.stop.killAsGroup : rules.stop.asGroup
    signal(step.signal, asGroup ? .group : .leader, &turn)
    var stopping = Stopping(
      intent: intent, step: index, deadline: turn.now.advanced(by: step.wait))
    if step.signal != .kill { stopping.extensionLimit = extensionLimit(step.wait, turn.now) }
    state = .stopping(live, stopping)
  }

  /// SIGKILL cannot be caught, but it does not end a process that is frozen, waits uninterruptibly
  /// or has a tracer. Such a program stays STOPPING, as in supervisord, since another process of it
  /// would find its ports and locks taken. Only a shutdown or a reload continues without it.
  private mutating func kill(
    _ live: Live, _ intent: StopIntent, _ step: Int, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    let wholeGroup = rules.stop.killAsGroup || intent == .hurried
    signal(.kill, wholeGroup ? .group : .leader, &turn)
    let wait = isRetired ? Fleet.killLimit : rules.stop.waitAfterKill(step)
    state = .stopping(
      live, Stopping(intent: intent, step: step, deadline: turn.now.advanced(by: wait)))
  }

  private mutating func abandon(_ live: Live, _ turn: inout Turn) {
    turn.abandoned(live.pid)
    turn.moved(.stopping, .unknown, pid: live.pid, because: .survivedKill)
    state = .unknown(live)
  }

  /// A shutdown has begun, which does not wait long for a process that has been sent SIGKILL.
  mutating func limitKill(
    _ live: Live, _ stopping: Stopping, _ rules: ProgramRules, _ now: Instant
  ) {
    guard stopping.step >= rules.stop.steps.count else { return }
    var changed = stopping
    changed.deadline = now.advanced(by: Fleet.killLimit)
    state = .stopping(live, changed)
  }

  private func signal(_ signal: Signal, _ target: SignalTarget, _ turn: inout Turn) {
    turn.record(.signalSent(signal, target, pid: state.live?.pid ?? 0, .stop))
    turn.effects.append(.signal(turn.id, signal, target))
  }

  mutating func finishStop(
    _ intent: StopIntent, _ reason: Reason, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    endStopCommand(&turn)
    switch intent {
    case .asked, .shutdown, .hurried:
      turn.moved(.stopping, .stopped, pid: state.live?.pid, because: reason)
      state = .stopped
      tries = 0
    case .notReady:
      let text = "not ready after \(rules.readyTimeout.inWords)"
      failStart(SpawnFailure(kind: .other, text: text), rules, &turn)
    case .renewal(let cause):
      turn.moved(.stopping, .stopped, pid: state.live?.pid, because: reason)
      state = .stopped
      tries = 0
      if !isRetired { relaunch(because: RestartCause(cause), rules, &turn) }
    }
  }

  /// Its spawn still waits in the queue: no process is started only to be stopped. Both moves are
  /// recorded, because supervisord's events know no way from STARTING to STOPPED but by STOPPING.
  mutating func cancelLaunch(_ turn: inout Turn) {
    turn.effects.append(.cancelSpawn(turn.id))
    turn.moved(.starting, .stopping, because: .asked)
    turn.moved(.stopping, .stopped, because: .asked)
    state = .stopped
    tries = 0
  }

  mutating func leaveBackoff(_ turn: inout Turn) {
    turn.moved(.backoff, .stopped, because: .asked)
    state = .stopped
    tries = 0
  }

  /// Children of a dead leader would keep its ports and its files; they are killed where the
  /// configuration says so, and at shutdown always. The leader is still a zombie, so the number of
  /// its group cannot have been given to anybody else.
  func killLeftovers(_ rules: ProgramRules, _ turn: inout Turn) {
    switch state {
    case .stopping(_, let stopping):
      let ending = stopping.intent == .shutdown || stopping.intent == .hurried
      guard ending || rules.stop.killAsGroup else { return }
    case .starting, .running, .unknown:
      guard rules.stop.killAsGroup else { return }
    case .stopped, .launching, .backoff, .exited, .fatal: return
    }
    turn.effects.append(.killLeftovers(turn.id))
  }
}

extension StopPolicy {
  /// One line an hour does not fill the log.
  private static let longestKillWait = Duration.seconds(3600)

  /// The last configured wait, and after each further SIGKILL twice as long as before, so that the
  /// log does not fill with the line about it.
  fileprivate func waitAfterKill(_ step: Int) -> Duration {
    let first = max(steps.last?.wait ?? .zero, .seconds(1))
    let wait = first * (1 << min(step - steps.count, 12))
    return min(wait, max(first, StopPolicy.longestKillWait))
  }
}

extension StopIntent {
  fileprivate func reason(_ rules: ProgramRules) -> Reason {
    switch self {
    case .asked, .shutdown, .hurried: .asked
    case .notReady: .notReadyInTime(rules.readyTimeout)
    case .renewal(let reason): reason
    }
  }
}
