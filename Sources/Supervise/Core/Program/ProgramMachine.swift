import ProgramSpec

/// The life of one process of a program: supervisord's state machine on a monotonic clock.
///
/// One function for each input; each is an exhaustive switch over the states. What cannot happen
/// goes to `impossible`, which changes nothing and leaves a violation for the invariants to report.
package struct ProgramMachine: Sendable, Equatable {
  package internal(set) var state = ProgramState.stopped
  /// Failed starts in a row; supervisord's `backoff`.
  package internal(set) var tries = 0
  package internal(set) var restarts = RestartHistory()
  package internal(set) var lastExit: ExitStatus?
  /// As supervisord's RPC tells it: nothing while it runs, or after an exit that came too quickly.
  package internal(set) var reportedExit: ExitStatus?
  package internal(set) var spawnError: SpawnFailure?
  package internal(set) var startedAt: Instant?
  /// Of the last start; nil while it is not ready.
  package internal(set) var readyAt: Instant?
  package internal(set) var stoppedAt: Instant?
  package internal(set) var restartCounts = RestartCounts()
  package internal(set) var announced = Announced()
  /// Whether it has been ready since it was last stopped by hand.
  package internal(set) var hasBeenReady = false
  /// Never started again by itself.
  var isRetired = false
  var impossibleInput: String?

  enum Input: Sendable, Equatable {
    case start
    case spawned(pid: Int32)
    case spawnFailed(SpawnFailure)
    case exited(ExitStatus)
    case timePassed
    case stop(StopIntent)
    case probed(ProbePurpose, Verdict)
    /// There was nobody to ask with.
    case healthUnknown(String)
    case announcedReadiness
    case notified(Notification)
    /// Its processes use so much memory, which is more than it may.
    case outgrew(bytes: UInt64)
    /// A rolling restart has come to it.
    case roll
    case stopCommandEnded(Verdict)
    case signalRefused(String)
    /// Shutdown has begun: whatever ends from now on stays down.
    case retire
  }

  mutating func on(_ input: Input, _ rules: ProgramRules, _ turn: inout Turn) {
    switch input {
    case .start: start(rules, &turn)
    case .spawned(let pid): spawned(pid, rules, &turn)
    case .spawnFailed(let failure): spawnFailed(failure, rules, &turn)
    case .exited(let status): exited(status, rules, &turn)
    case .timePassed: timePassed(rules, &turn)
    case .stop(let intent): stop(intent, rules, &turn)
    case .probed(.health, let verdict): healthAnswered(verdict, rules, &turn)
    case .probed(.wait, let verdict), .probed(.readiness, let verdict):
      probed(verdict, rules, &turn)
    case .healthUnknown(let words): healthUnknown(words, rules, &turn)
    case .announcedReadiness: announcedReadiness(rules, &turn)
    case .notified(let notification): notified(notification, rules, &turn)
    case .outgrew(let bytes): outgrew(bytes, rules, &turn)
    case .roll: renew(.rolling, rules, &turn)
    case .stopCommandEnded(let verdict): stopCommandEnded(verdict, rules, &turn)
    case .signalRefused(let error): signalRefused(error, &turn)
    case .retire: retire(rules, &turn)
    }
  }

  func nextDeadline(_ rules: ProgramRules) -> Instant? {
    switch state {
    case .starting(let live):
      let promotion = live.since.advanced(by: rules.restart.startSeconds)
      return min(promotion, live.readiness.nextDeadline ?? promotion)
    case .running(let live): return live.nextDeadline
    case .backoff(let until): return until
    case .stopping(_, let stopping): return stopping.deadline
    case .exited(let restartAt): return restartAt
    case .stopped, .launching, .fatal, .unknown: return nil
    }
  }

  private mutating func start(_ rules: ProgramRules, _ turn: inout Turn) {
    switch state {
    case .stopped, .exited, .fatal:
      tries = 0
      restarts = RestartHistory()
      launch(because: startedAt == nil ? nil : .byHand, &turn)
    // Late but legal: it was wanted, and came up, backed off or is going down meanwhile.
    case .launching, .starting, .running, .backoff, .stopping, .unknown: break
    }
  }

  private mutating func spawned(_ pid: Int32, _ rules: ProgramRules, _ turn: inout Turn) {
    guard state == .launching else { return impossible("spawned") }
    let live = Live(
      pid: pid, since: turn.now, readiness: ReadinessWatch(rules, since: turn.now),
      health: rules.health.map { HealthWatch($0, since: turn.now) },
      renewAt: rules.uptimeEnd(from: turn.now, &turn.random),
      watchdog: rules.watchdog.map(Watchdog.init))
    state = .starting(live)
    turn.record(.moved(from: .starting, to: .starting, pid: pid, because: nil))
    if rules.restart.startSeconds == .zero { promote(live, rules, &turn) }
  }

  private mutating func spawnFailed(
    _ failure: SpawnFailure, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    switch state {
    case .launching: failStart(failure, rules, &turn)
    case .starting:
      stoppedAt = turn.now
      failStart(failure, rules, &turn)
    // With startsecs=0 it counted as RUNNING before its set-up had failed.
    case .running: failStart(failure, rules, &turn)
    case .stopping(_, let stopping):
      finishStop(stopping.intent, .spawnFailure(failure), rules, &turn)
    case .unknown: exitByItself(.code(127), rules, &turn)
    case .stopped, .backoff, .exited, .fatal: impossible("spawnFailed")
    }
  }

  private mutating func exited(_ status: ExitStatus, _ rules: ProgramRules, _ turn: inout Turn) {
    lastExit = status
    restarts.endShortage()
    stoppedAt = turn.now
    killLeftovers(rules, &turn)
    switch state {
    case .starting(let live): exitedWhileStarting(live, status, rules, &turn)
    case .running, .unknown: exitByItself(status, rules, &turn)
    case .stopping(_, let stopping):
      reportedExit = status
      let expected = status.ownCode.map(rules.restart.exitCodes.contains) ?? false
      finishStop(stopping.intent, .exit(status, expected: expected), rules, &turn)
    case .stopped, .launching, .backoff, .exited, .fatal: impossible("exited")
    }
  }

  private mutating func timePassed(_ rules: ProgramRules, _ turn: inout Turn) {
    switch state {
    case .starting(let live):
      if turn.now >= live.since.advanced(by: rules.restart.startSeconds) {
        promote(live, rules, &turn)
      }
      watchReadiness(rules, &turn)
    case .running:
      watchReadiness(rules, &turn)
      watchHealth(rules, &turn)
      watchUptime(rules, &turn)
      watchWatchdog(rules, &turn)
    case .backoff(let until) where turn.now >= until:
      relaunch(because: startFailure, rules, &turn)
    case .exited(.some(let at)) where turn.now >= at:
      relaunch(because: lastExit.map { RestartCause($0) } ?? .exit, rules, &turn)
    case .stopping(let live, let stopping) where turn.now >= stopping.deadline:
      escalate(live, stopping, rules, &turn)
    // Late but legal: a deadline of a state that has been left since.
    case .stopped, .launching, .backoff, .stopping, .exited, .fatal, .unknown: break
    }
  }

  /// Why the last start failed, for the count of restarts.
  private var startFailure: RestartCause {
    spawnError == .exitedTooQuickly && lastExit == .outOfMemory ? .outOfMemory : .failedStart
  }

  private mutating func stop(_ intent: StopIntent, _ rules: ProgramRules, _ turn: inout Turn) {
    switch state {
    case .launching: cancelLaunch(&turn)
    case .starting(let live), .running(let live): beginStop(live, intent, rules, &turn)
    case .backoff: leaveBackoff(&turn)
    case .stopping(let live, let stopping): restop(live, stopping, intent, rules, &turn)
    // Its restart is called off; it is no exit of its own any more, so `on_exit` does not apply.
    case .exited(.some):
      turn.moved(.exited, .stopped, because: .asked)
      state = .stopped
    case .stopped, .exited(.none), .fatal, .unknown: break
    }
    if intent == .asked { hasBeenReady = false }
  }

  private mutating func probed(_ verdict: Verdict, _ rules: ProgramRules, _ turn: inout Turn) {
    switch (state.live?.readiness.isProbing, verdict) {
    // Late but legal: it died, was stopped, or said so itself while it was being asked.
    case (nil, _), (false, _): break
    case (true, .passed):
      updateLive { $0.readiness.answered() }
      announcedReadiness(rules, &turn)
    case (true, .failed): updateLive { $0.readiness.scheduleNext(turn.now) }
    }
  }

  mutating func announcedReadiness(_ rules: ProgramRules, _ turn: inout Turn) {
    switch state {
    case .starting(let live), .running(let live):
      guard rules.readiness != .running, !live.readiness.isReady else { return }
      becomeReady(rules, &turn)
    // Late but legal: said at the very moment it died or was told to stop.
    case .stopped, .launching, .backoff, .stopping, .exited, .fatal, .unknown: break
    }
  }

  private mutating func signalRefused(_ error: String, _ turn: inout Turn) {
    turn.record(.signalRefused(error))
    endStopCommand(&turn)
    switch state {
    case .starting(var live), .running(var live), .stopping(var live, _):
      live.abandonWatches(&turn)
      turn.moved(state.name, .unknown, pid: live.pid, because: .lastWords(error))
      state = .unknown(live)
    // Late but legal: it died before the signal was sent.
    case .stopped, .launching, .backoff, .exited, .fatal, .unknown: break
    }
  }

  /// supervisord gives a backing-off program up when it shuts down.
  private mutating func retire(_ rules: ProgramRules, _ turn: inout Turn) {
    isRetired = true
    switch state {
    case .backoff: giveUp(because: .asked, &turn)
    case .exited: state = .exited(restartAt: nil)
    case .launching: cancelLaunch(&turn)
    // Nobody waits for its readiness any more; too late, it must not be stopped out of its order.
    case .starting, .running: updateLive { $0.abandonWatches(&turn) }
    case .stopping(let live, let stopping):
      endExtension(live, stopping, rules, turn.now)
      limitKill(live, stopping, rules, turn.now)
    case .stopped, .fatal, .unknown: break
    }
  }

  private mutating func impossible(_ input: String) {
    impossibleInput = "\(input) while \(state.name.rawValue)"
  }
}
