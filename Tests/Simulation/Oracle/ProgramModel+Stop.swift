import ProgramSpec
import SuperviseCore

/// The stop of a program: `stop_command`, each signal of `stopsignal` with its wait, and SIGKILL in
/// ever longer intervals. A shutdown continues 5 s after SIGKILL.
extension ProgramModel {
  mutating func beginStop(_ up: Up, _ cause: StopCause, at now: Instant) {
    owed += up.endOfProbes
    var rest = up
    rest.abandonWatches()
    if cause == .killed { return kill(rest, cause, program.stop.steps.count, at: now) }
    guard program.hasStopCommand else { return send(0, rest, cause, at: now) }
    owed.append(.runStopCommand)
    let wait = program.stop.steps.first?.wait ?? .zero
    state = .stopping(
      rest,
      Stop(
        cause: cause, step: 0, deadline: now.advanced(by: wait),
        extensionLimit: isRetired ? nil : now.advanced(by: wait * 10), isCommandRunning: true))
  }

  private mutating func send(_ step: Int, _ up: Up, _ cause: StopCause, at now: Instant) {
    guard program.stop.steps.indices.contains(step) else { return kill(up, cause, step, at: now) }
    let (signal, wait) = (program.stop.steps[step].signal, program.stop.steps[step].wait)
    let isGroup = signal == .kill ? program.stop.killAsGroup : program.stop.asGroup
    owed.append(.signal(signal, isGroup ? .group : .leader))
    let isExtensible = signal != .kill && !isRetired
    state = .stopping(
      up,
      Stop(
        cause: cause, step: step, deadline: now.advanced(by: wait),
        extensionLimit: isExtensible ? now.advanced(by: wait * 10) : nil))
  }

  private mutating func kill(_ up: Up, _ cause: StopCause, _ step: Int, at now: Instant) {
    let isGroup = program.stop.killAsGroup || cause == .killed
    owed.append(.signal(.kill, isGroup ? .group : .leader))
    let wait = isRetired ? TaskModel.killLimit : waitAfterKill(step)
    state = .stopping(up, Stop(cause: cause, step: step, deadline: now.advanced(by: wait)))
  }

  /// Twice as long after each SIGKILL, up to an hour.
  private func waitAfterKill(_ step: Int) -> Duration {
    let first = max(program.stop.steps.last?.wait ?? .zero, .seconds(1))
    var wait = first
    for _ in program.stop.steps.count..<step where wait < .seconds(3600) { wait = wait * 2 }
    return max(first, min(wait, .seconds(3600)))
  }

  private func isKilled(_ stop: Stop) -> Bool { stop.step >= program.stop.steps.count }

  mutating func escalate(_ up: Up, _ stop: Stop, at now: Instant) {
    if stop.isCommandRunning { owed.append(.endStopCommand) }
    if isRetired, isKilled(stop) { return state = .lost }
    send(stop.step + 1, up, stop.cause, at: now)
  }

  mutating func stopCommandEnded(hasFailed: Bool, at now: Instant) {
    guard case .stopping(let up, var stop) = state, stop.isCommandRunning else { return }
    stop.isCommandRunning = false
    state = .stopping(up, stop)
    if hasFailed { send(0, up, stop.cause, at: now) }
  }

  /// A request to stop it, whatever it does.
  mutating func stopRequested(at now: Instant) {
    isSatisfied = false
    switch state {
    case .launching:
      owed.append(.cancelSpawn)
      rest()
    case .up(let up): beginStop(up, .requested, at: now)
    case .delayed: rest()
    case .stopping(let up, var stop):
      if stop.cause != .killed { stop.cause = .requested }
      state = .stopping(up, stop)
    case .down, .lost: break
    }
  }

  private mutating func rest() {
    pace.forgetFailures()
    state = .down(.stopped)
  }

  /// Shutdown has begun: nothing is started or checked any more. What the event under way had
  /// made due, and was not done before, is not done.
  mutating func retire(at now: Instant) {
    isRetired = true
    if case .stopping(_, let stop) = before {
      // The signals that are due are sent all the same, but for a further SIGKILL.
      if isKilled(stop) { owed.removeAll { $0.isKill } }
    } else if !owed.isEmpty || (state == .down(.fatal) && !isFatalRecorded) {
      (owed, state) = ([], before)
      promoteIfDue(at: now)
    }
    switch state {
    case .delayed(_, hasFailed: true): state = .down(.fatal)
    case .delayed(_, hasFailed: false): state = .down(.exited)
    case .launching:
      owed.append(.cancelSpawn)
      rest()
    case .up(var up):
      owed += up.endOfProbes
      up.abandonWatches()
      state = .up(up)
    case .stopping(let up, var stop):
      stop = withoutExtension(stop, at: now)
      if isKilled(stop) { stop.deadline = now.advanced(by: TaskModel.killLimit) }
      state = .stopping(up, stop)
    case .down, .lost: break
    }
  }

  /// In a shutdown a program gets the configured time, and no more.
  private func withoutExtension(_ stop: Stop, at now: Instant) -> Stop {
    guard stop.extensionLimit != nil else { return stop }
    let wait = stop.step < program.stop.steps.count ? program.stop.steps[stop.step].wait : .zero
    var limited = stop
    limited.extensionLimit = nil
    limited.deadline = min(stop.deadline, now.advanced(by: wait))
    return limited
  }

  /// The shutdown does not wait any longer: SIGKILL to what is left.
  mutating func killNow(at now: Instant) {
    owed = []
    switch state {
    case .up(let up): kill(up, .killed, program.stop.steps.count, at: now)
    case .stopping(let up, let stop):
      guard stop.cause != .killed else { return }
      if stop.isCommandRunning { owed.append(.endStopCommand) }
      kill(up, .killed, program.stop.steps.count, at: now)
    case .down, .delayed, .launching, .lost: break
    }
  }
}

/// What the core does to a program.
extension ProgramModel {
  /// Returns what is wrong with it.
  mutating func did(_ deed: Deed, _ grounds: Grounds, at now: Instant) -> String? {
    if take(deed, at: now) { return nil }
    if case .spawn = deed { return didSpawn(grounds, at: now) }
    guard deed.mayBeginStop, case .up(let up) = state else { return "\(deed) while \(shownState)" }
    let isOld = up.uptimeEnd.map { $0.contains(now) } ?? false
    guard let cause = grounds.stop ?? (isOld ? .renewal : nil) else {
      return "\(deed) without a cause"
    }
    if cause == .renewal { nextCause = .maximumUptime }
    beginStop(up, cause, at: now)
    return take(deed, at: now) ? nil : "\(deed) instead of \(owed)"
  }

  private mutating func take(_ deed: Deed, at now: Instant) -> Bool {
    guard let index = owed.firstIndex(of: deed) else { return false }
    owed.remove(at: index)
    if deed == .spawn { launch(at: now, nextCause) }
    keep(deed, at: now)
    return true
  }

  /// A check that has been begun or cancelled is not taken back by a shutdown.
  private mutating func keep(_ deed: Deed, at now: Instant) {
    guard case .up(var up) = before else { return }
    switch deed {
    case .probe(.readiness): up.readinessProbe.begin(timeout: .zero, at: now)
    case .probe(.health): up.health.probe.begin(timeout: .zero, at: now)
    case .cancelProbe(.readiness): up.readinessProbe.next(at: now)
    case .cancelProbe(.health): up.health.probe.next(at: now)
    case _: return
    }
    before = .up(up)
  }

  /// `cause` is nil where it is started on request, or as part of the whole start.
  private mutating func launch(at now: Instant, _ cause: RestartCause?) {
    if cause == nil { pace.forget() } else if !isShortOfProcesses { pace.countRestart(at: now) }
    if startedAt != nil || cause != nil { restarts[cause ?? .byHand, default: 0] += 1 }
    (startFailure, isFatalRecorded) = (nil, false)
    startedAt = now
    state = .launching
  }

  private mutating func didSpawn(_ grounds: Grounds, at now: Instant) -> String? {
    switch state {
    case .delayed(let window, _) where grounds.isTimer && window.contains(now):
      guard admitsRestart(at: now) else { return "started beyond its restart_limit" }
      launch(at: now, nextCause)
    case .down, .delayed:
      guard grounds.isWanted else { return "started without a reason while \(shownState)" }
      launch(at: now, nil)
    case .launching, .up, .stopping, .lost: return "started while \(shownState)"
    }
    return nil
  }

  /// Before the event that is being handled.
  func mayBeOld(at now: Instant) -> Bool {
    guard case .up(let up) = before else { return false }
    return up.uptimeEnd.map { $0.contains(now) } ?? false
  }

  /// FATAL within a window of chance: the restart that was due then was one too many.
  mutating func gaveUp(at now: Instant) {
    isFatalRecorded = true
    guard case .delayed(let window, _) = state, window.contains(now), !admitsRestart(at: now)
    else { return }
    pace.forgetFailures()
    state = .down(.fatal)
  }
}
