import ProgramSpec

/// What a program announces by sd_notify(3), and the watchdog.
extension ProgramMachine {
  /// EXTEND_TIMEOUT_USEC= may make a wait this many times as long as configured.
  static let maxExtension = 10

  mutating func notified(
    _ notification: Notification, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    switch state {
    case .starting(let live), .running(let live):
      tell(notification, of: live, &turn)
      apply(notification, live, rules, &turn)
    case .stopping(let live, let stopping):
      tell(notification, of: live, &turn)
      apply(notification, live, stopping, &turn)
    // Late but legal: sent at the moment at which the process ended.
    case .stopped, .launching, .backoff, .exited, .fatal, .unknown: break
    }
  }

  /// What `status` and the journal show. Nothing is recorded twice in a row.
  private mutating func tell(_ notification: Notification, of live: Live, _ turn: inout Turn) {
    let before = announced
    switch notification {
    case .ready: announced.isReloading = false
    case .stopping: announced.isStopping = true
    case .reloading: announced.isReloading = true
    case .status(let text): announced.status = text
    case .failed(let errno): announced.errno = errno
    case .mainProcess(let pid):
      if pid != live.pid { turn.record(.announced(notification)) }
    case .extendTimeout, .watchdog, .watchdogTriggered, .watchdogInterval: break
    }
    if announced != before { turn.record(.announced(notification)) }
  }

  private mutating func apply(
    _ notification: Notification, _ live: Live, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    switch notification {
    case .ready:
      if rules.readiness == .notify { announcedReadiness(rules, &turn) }
    case .extendTimeout(let time): extendStart(time, live, rules, turn.now)
    case .watchdog: updateLive { $0.watchdog?.keepAlive(at: turn.now) }
    case .watchdogInterval(let interval):
      updateLive { $0.watchdog?.change(interval, at: turn.now) }
    case .watchdogTriggered:
      guard rules.watchdog != nil else { return }
      renew(.watchdogTriggered, rules, &turn)
    case .mainProcess(let pid): updateLive { $0.pid = pid }
    // It ends by itself: a keep-alive message is no longer to be expected.
    case .stopping: updateLive { $0.watchdog?.abandon() }
    case .reloading, .status, .failed: break
    }
  }

  private mutating func apply(
    _ notification: Notification, _ live: Live, _ stopping: Stopping, _ turn: inout Turn
  ) {
    switch notification {
    case .mainProcess(let pid):
      var changed = live
      changed.pid = pid
      state = .stopping(changed, stopping)
    case .extendTimeout(let time):
      guard let limit = stopping.extensionLimit else { return }
      var changed = stopping
      changed.deadline = max(stopping.deadline, min(turn.now.advanced(by: time), limit))
      state = .stopping(live, changed)
    case .ready, .stopping, .reloading, .status, .failed, .watchdog, .watchdogTriggered,
      .watchdogInterval:
      break
    }
  }

  /// Of a step that waits so long. A shutdown is not extended: the container's runtime kills all
  /// processes after a time of its own, and a program must not use up the time of the others.
  func extensionLimit(_ wait: Duration, _ now: Instant) -> Instant? {
    isRetired ? nil : now.advanced(by: wait * ProgramMachine.maxExtension)
  }

  /// A shutdown has begun: what is left of the time is at most the configured one.
  mutating func endExtension(
    _ live: Live, _ stopping: Stopping, _ rules: ProgramRules, _ now: Instant
  ) {
    guard stopping.extensionLimit != nil else { return }
    let steps = rules.stop.steps
    let wait = steps.indices.contains(stopping.step) ? steps[stopping.step].wait : .zero
    var changed = stopping
    changed.deadline = min(stopping.deadline, now.advanced(by: wait))
    changed.extensionLimit = nil
    state = .stopping(live, changed)
  }

  private mutating func extendStart(
    _ time: Duration, _ live: Live, _ rules: ProgramRules, _ now: Instant
  ) {
    let limit = live.since.advanced(by: rules.readyTimeout * ProgramMachine.maxExtension)
    updateLive { $0.readiness.extend(to: min(now.advanced(by: time), limit)) }
  }

  // MARK: Watchdog

  /// From RUNNING and ready on: before, `ready_timeout` and `startsecs` watch over the program.
  mutating func beginWatchdog(_ turn: Turn) {
    guard case .running(let live) = state, live.readiness.isReady, !isRetired,
      !announced.isStopping
    else { return }
    updateLive { $0.watchdog?.begin(at: turn.now) }
  }

  mutating func watchWatchdog(_ rules: ProgramRules, _ turn: inout Turn) {
    guard case .running(let live) = state, let watchdog = live.watchdog,
      watchdog.hasExpired(at: turn.now)
    else { return }
    renew(.watchdog(watchdog.interval), rules, &turn)
  }
}
