import ProgramSpec
import SuperviseCore

/// What events mean to a program.
extension ProgramModel {
  mutating func spawned(at now: Instant) {
    var up = Up(since: now)
    up.uptimeEnd = program.maximumUptime.map {
      Window(from: now, $0, jitterThousandths: program.uptimeJitterThousandths)
    }
    up.watchdog.interval = program.watchdog ?? .zero
    if program.readiness != .running {
      up.readyBy = program.readyTimeout == .zero ? nil : now.advanced(by: program.readyTimeout)
    }
    if case .probe = program.readiness {
      up.readinessProbe.next(at: now.advanced(by: .milliseconds(25)))
    }
    if program.restart.startSeconds == .zero { promote(&up, at: now) }
    state = .up(up)
  }

  /// It has been up for `startsecs`.
  private mutating func promote(_ up: inout Up, at now: Instant) {
    up.isRunning = true
    if program.readiness == .running { up.isReady = true }
    noteReadiness(&up, at: now)
  }

  private mutating func noteReadiness(_ up: inout Up, at now: Instant) {
    guard up.isReady else { return }
    isSatisfied = true
    up.readinessProbe = ProbeModel()
    up.readyBy = nil
    guard up.isRunning else { return }
    pace.settle()
    guard !isRetired else { return }
    if let health = program.health, up.health.probe.wakeUp == nil {
      up.health.probe.next(at: now.advanced(by: health.interval))
    }
    if program.watchdog != nil, !up.watchdog.isStopping, up.watchdog.expiry == nil {
      up.watchdog.expiry = now.advanced(by: up.watchdog.interval)
    }
  }

  mutating func becameReady(at now: Instant) {
    guard case .up(var up) = state, !up.isReady, program.readiness != .running else { return }
    if up.readinessProbe.isUnderWay { owed.append(.cancelProbe(.readiness)) }
    up.isReady = true
    noteReadiness(&up, at: now)
    state = .up(up)
  }

  mutating func spawnFailed(_ failure: SpawnFailure, at now: Instant) {
    switch state {
    case .launching: failStart(failure, at: now)
    case .up(let up):
      owed += up.endOfProbes
      failStart(failure, at: now)
    case .stopping(_, let stop): finish(stop, at: now)
    case .lost: exitByItself(.code(127), at: now)
    case .down, .delayed: break
    }
  }

  mutating func exited(_ status: ExitStatus, at now: Instant) {
    lastExit = status
    pace.endShortage()
    if program.stop.killAsGroup { owed.append(.killLeftovers) }
    switch state {
    case .up(var up):
      owed += up.endOfProbes
      if !up.isRunning {
        let isLate = now >= up.since.advanced(by: program.restart.startSeconds)
        guard isLate || program.restart.isPlanned(status) else {
          failStart(SpawnFailure(kind: .other, text: ""), at: now)
          if status == .outOfMemory { nextCause = .outOfMemory }
          return
        }
        promote(&up, at: now)
      }
      exitByItself(status, at: now)
    case .lost: exitByItself(status, at: now)
    case .stopping(_, let stop):
      // At shutdown nothing of a process group is left.
      let isShutdown = stop.cause == .shutdown || stop.cause == .killed
      if isShutdown, !program.stop.killAsGroup { owed.append(.killLeftovers) }
      finish(stop, at: now)
    case .down, .delayed, .launching: break
    }
  }

  private mutating func exitByItself(_ status: ExitStatus, at now: Instant) {
    guard !isRetired, program.restart.followsExit(status) else {
      state = .down(.exited)
      return
    }
    nextCause = status == .outOfMemory ? .outOfMemory : .exit
    let window = pace.windowAfterExit(at: now, startedAt: startedAt ?? now)
    guard program.restart.delay != nil || window.latest > now else { return restart(at: now) }
    state = .delayed(window, hasFailed: false)
  }

  private mutating func failStart(_ failure: SpawnFailure, at now: Instant) {
    (startFailure, nextCause) = (failure, .failedStart)
    if isShortOfProcesses, !isRetired {
      state = .delayed(pace.windowAfterShortage(at: now), hasFailed: true)
      return
    }
    guard let window = pace.windowAfterFailure(at: now), !isRetired else {
      pace.forgetFailures()
      state = .down(.fatal)
      return
    }
    state = .delayed(window, hasFailed: true)
  }

  /// By itself, as `restart_limit` allows.
  mutating func restart(at now: Instant) {
    guard admitsRestart(at: now) else {
      pace.forgetFailures()
      state = .down(.fatal)
      return
    }
    owed.append(.spawn)
    state = .delayed(Window(at: now), hasFailed: false)
  }

  mutating func finish(_ stop: Stop, at now: Instant) {
    if stop.isCommandRunning { owed.append(.endStopCommand) }
    switch stop.cause {
    case .requested, .shutdown, .killed:
      pace.forgetFailures()
      state = .down(.stopped)
    case .notReady: failStart(SpawnFailure(kind: .other, text: ""), at: now)
    case .renewal:
      pace.forgetFailures()
      state = .down(.stopped)
      if !isRetired { restart(at: now) }
    }
  }

  mutating func signalRefused() {
    switch state {
    case .up(let up):
      owed += up.endOfProbes
      state = .lost
    case .stopping(_, let stop):
      if stop.isCommandRunning { owed.append(.endStopCommand) }
      state = .lost
    case .down, .delayed, .launching, .lost: break
    }
  }
}

/// What checks and messages mean to a program.
extension ProgramModel {
  mutating func probed(_ purpose: ProbePurpose, isGood: Bool?, at now: Instant) {
    guard case .up(var up) = state else { return }
    switch purpose {
    case .wait: break
    case .readiness:
      guard up.readinessProbe.isUnderWay else { return }
      up.readinessProbe.givenUpAt = nil
      if isGood != true { up.readinessProbe.nextReadinessCheck(after: now) }
      state = .up(up)
      if isGood == true { becameReady(at: now) }
    case .health:
      guard up.health.probe.isUnderWay, let health = program.health else { return }
      guard let isGood else {
        up.health.probe.next(at: now.advanced(by: health.interval))
        state = .up(up)
        return
      }
      count(isGood, health, &up, at: now)
    }
  }

  private mutating func count(
    _ isGood: Bool, _ health: Health, _ up: inout Up, at now: Instant
  ) {
    let hasFallen = up.health.count(isGood, health, since: up.since, at: now)
    state = .up(up)
    if hasFallen, health.onUnhealthy == .restart { renew(.unhealthy, at: now) }
  }

  mutating func notified(_ notification: Notification, at now: Instant) {
    switch (state, notification) {
    case (.up, .ready): if program.readiness == .notify { becameReady(at: now) }
    case (.up(var up), .extendTimeout(let time)):
      guard let readyBy = up.readyBy else { return }
      let limit = up.since.advanced(by: program.readyTimeout * 10)
      up.readyBy = max(readyBy, min(now.advanced(by: time), limit))
      state = .up(up)
    case (.stopping(let up, var stop), .extendTimeout(let time)):
      guard let limit = stop.extensionLimit else { return }
      stop.deadline = max(stop.deadline, min(now.advanced(by: time), limit))
      state = .stopping(up, stop)
    case (.up(var up), .watchdog):
      up.watchdog.keepAlive(at: now)
      state = .up(up)
    case (.up(var up), .watchdogInterval(let interval)):
      up.watchdog.change(interval, configured: program.watchdog, at: now)
      state = .up(up)
    case (.up(var up), .stopping):
      up.watchdog.isStopping = true
      up.watchdog.expiry = nil
      state = .up(up)
    case (.up, .watchdogTriggered): if program.watchdog != nil { renew(.watchdog, at: now) }
    case (_, _): break
    }
  }

  mutating func outgrew(at now: Instant) {
    if program.memoryLimit != nil { renew(.memoryLimit, at: now) }
  }

  mutating func renew(_ cause: RestartCause, at now: Instant) {
    guard case .up(let up) = state, !isRetired else { return }
    nextCause = cause
    beginStop(up, .renewal, at: now)
  }

  mutating func timePassed(at now: Instant) {
    switch state {
    case .up: watch(at: now)
    case .delayed(let window, _):
      if owed.isEmpty, window.latest <= now { restart(at: now) }
    case .down, .launching, .stopping, .lost: break
    }
    // A signal without a wait is followed by the next one at the same time.
    while case .stopping(let up, let stop) = state, stop.deadline <= now {
      escalate(up, stop, at: now)
    }
  }

  mutating func promoteIfDue(at now: Instant) {
    guard case .up(var up) = state, !up.isRunning,
      up.since.advanced(by: program.restart.startSeconds) <= now
    else { return }
    promote(&up, at: now)
    state = .up(up)
  }

  private mutating func watch(at now: Instant) {
    promoteIfDue(at: now)
    guard case .up(var up) = state else { return }
    if let readyBy = up.readyBy, readyBy <= now { return beginStop(up, .notReady, at: now) }
    watchReadiness(&up, at: now)
    guard up.isRunning else { return }
    if watchHealth(&up, at: now) { return }
    let isOld = up.uptimeEnd.map { $0.latest <= now } ?? false
    let isSilent = up.watchdog.expiry.map { $0 <= now } ?? false
    if isOld || isSilent { renew(isOld ? .maximumUptime : .watchdog, at: now) }
  }

  private mutating func watchReadiness(_ up: inout Up, at now: Instant) {
    if let due = up.readinessProbe.due, due <= now {
      up.readinessProbe.begin(timeout: ProbeModel.readinessTimeout, at: now)
      owed.append(.probe(.readiness))
    } else if let end = up.readinessProbe.givenUpAt, end <= now {
      owed.append(.cancelProbe(.readiness))
      up.readinessProbe.nextReadinessCheck(after: now)
    }
    state = .up(up)
  }

  /// True: the program has become unhealthy, and is restarted.
  private mutating func watchHealth(_ up: inout Up, at now: Instant) -> Bool {
    guard let health = program.health else { return false }
    if let due = up.health.probe.due, due <= now {
      up.health.probe.begin(timeout: health.timeout, at: now)
      owed.append(.probe(.health))
      state = .up(up)
    } else if let end = up.health.probe.givenUpAt, end <= now {
      owed.append(.cancelProbe(.health))
      count(false, health, &up, at: now)
    }
    return state != .up(up)
  }
}
