import ProgramSpec
import SuperviseCore

/// A shutdown begins for a documented reason and whenever there is one, keeps to its order and to
/// its limits of time, and ends with the documented exit code.
extension Oracle {
  // MARK: Before the effects

  mutating func heardOfShutdown(_ event: Event, at now: Instant) {
    switch event {
    case .signalled(let signal): if isShutdownSignal(signal) { shutdown.signalled(at: now) }
    case .deadlinePassed: shutdown.timePassed(at: now)
    default: break
    }
    guard shutdown.phase == .hooks, !shutdown.isHurried else { return }
    for index in units.indices {
      guard case .task(let task) = units[index], isStopHook(InstanceID(index)),
        case .down(.failed(let status)) = task.state, task.before != task.state
      else { continue }
      if !task.policy.isForgiven { shutdown.stopHookFailed(status) }
    }
  }

  private func isShutdownSignal(_ signal: Signal) -> Bool {
    let signals = configuration.supervisor.shutdownSignals
    return (signals.isEmpty ? [.terminate, .interrupt, .quit] : signals).contains(signal)
  }

  // MARK: Reasons

  mutating func began(_ cause: ShutdownCause, at now: Instant) {
    if shutdown.phase != .up { complainOfAll("the shutdown began twice") }
    if !isReason(cause) { complainOfAll("the shutdown began without a reason: \(text(cause))") }
    shutdown.began(cause, at: now)
  }

  private func isReason(_ cause: ShutdownCause) -> Bool {
    switch cause {
    case .signal(let signal): current == .signalled(signal) && isShutdownSignal(signal)
    case .asked: if case .asked(_, .shutdown) = current { true } else { false }
    case .reload: if case .asked(_, .reload) = current { true } else { false }
    case .waitTimedOut(let id), .hookFailed(let id, _), .exited(let id, _), .fatal(let id, _),
      .unhealthy(let id):
      reason(of: id.index) == cause
    case .commandNotStarted(let id, let failure):
      reason(of: id.index) == .commandNotStarted(id, failure)
    }
  }

  /// What an instance in its present state ends everything for.
  private func reason(of index: Int) -> ShutdownCause? {
    let id = InstanceID(index)
    switch units[index] {
    case .wait(let wait):
      guard wait.state == .down(.failed), !isStartComplete, !isLate(index) else { return nil }
      return .waitTimedOut(id)
    case .task(let task):
      guard case .down(.failed(let status)) = task.state, !task.policy.isForgiven,
        !isStartComplete || task.policy.stage != .start, !isLate(index)
      else { return nil }
      return .hookFailed(id, status)
    case .program(let program):
      switch program.state {
      case .down, .stopping: return reason(id, program)
      case .up(let up): return up.health.isHealthy ? nil : reason(id, program)
      case .delayed, .launching, .lost: return nil
      }
    case .cron, nil: return nil
    }
  }

  private func isLate(_ index: Int) -> Bool { cast.unit(of: index)?.isLate ?? true }

  private func reason(_ id: InstanceID, _ model: ProgramModel) -> ShutdownCause? {
    let program = model.program
    if model.state == .down(.fatal), isForeground(id.index), let failure = model.startFailure {
      return .commandNotStarted(id, failure)
    }
    switch model.state {
    case .down(.fatal) where program.onFatal == .shutdown || program.onExit == .shutdown:
      return .fatal(id, model.lastExit)
    case .down(.exited) where program.onExit == .shutdown:
      return model.lastExit.map { .exited(id, $0) }
    case .up(let up), .stopping(let up, _):
      let ends = program.health?.onUnhealthy == .shutdown && !up.health.isHealthy
      return ends ? .unhealthy(id) : nil
    case .down, .delayed, .launching, .lost: return nil
    }
  }

  private func text(_ cause: ShutdownCause) -> String {
    TranscriptText(names: cast.members.map(\.name)).line(cause)
  }

  mutating func complainOfAll(_ what: String) {
    violations.append("at \(time): \(what)")
  }

  // MARK: Order

  /// Whether it is time to stop this instance; called before its model knows of it.
  mutating func checkTurn(of index: Int) {
    passStopHooks()
    guard shutdown.phase == .stopping, !shutdown.isHurried else {
      if shutdown.phase == .hooks { complain(InstanceID(index), "stopped before the stop hooks") }
      return
    }
    let isListener = isListener(index)
    if isListener, configuration.supervisor.shutdownOrder != .parallel {
      checkListenerHasHeard(index)
    }
    switch configuration.supervisor.shutdownOrder {
    case .parallel: break
    case .graph:
      if isListener { checkListenerIsLast(index) }
      for other in activeDependents(of: index) {
        complain(InstanceID(index), "stopped before \(cast.members[other].name), which follows it")
      }
      checkStopOrder(of: index)
    case .serial:
      guard let group = cast.members[index].group else { return }
      for other in units.indices
      where isActive(other) && cast.members[other].group.map({ $0 > group }) ?? false {
        complain(InstanceID(index), "stopped before \(cast.members[other].name) of a later group")
      }
    }
  }

  func isActive(_ index: Int) -> Bool { units[index]?.isActive ?? false }

  /// Nothing live follows it, in the order `graph`.
  func isFreeToStop(_ index: Int, besideListeners: Bool) -> Bool {
    (besideListeners || !isBehindListener(index)) && activeDependents(of: index).isEmpty
  }

  private func activeDependents(of index: Int) -> [Int] {
    guard let unit = cast.members[index].unit else { return [] }
    return order.dependents[unit].flatMap { cast.instances[$0] }.filter(isActive)
  }

  /// The stop hooks run one after the other, each of them once; then programs are stopped.
  private mutating func passStopHooks() {
    guard shutdown.phase == .hooks else { return }
    let hooks = units.indices.filter { cast.unit(of: $0) != nil && isStopHook(InstanceID($0)) }
    guard hooks.allSatisfy(stopHooksRun.contains),
      !hooks.contains(where: { units[$0]?.isUnderWay ?? false })
    else { return }
    shutdown.phase = .stopping
  }

  mutating func checkStopHook(_ index: Int) {
    let isAnyUnderWay = units.indices.contains {
      $0 != index && isStopHook(InstanceID($0)) && units[$0]?.isUnderWay ?? false
    }
    if shutdown.phase != .hooks || isAnyUnderWay {
      complain(InstanceID(index), "stop hook run out of its turn")
    }
    stopHooksRun.insert(index)
  }

  // MARK: Effects

  mutating func sawOfShutdown(_ effect: Effect, at now: Instant) {
    passStopHooks()
    let complaint: String?
    switch effect {
    case .flushOutput:
      complaint = shutdown.flushes(isAnyActive: units.indices.contains(where: isActive), at: now)
    case .signalEverything(.terminate, _):
      complaint = shutdown.sweeps(isFlushed: current == .outputFlushed, at: now)
    case .finish(let code):
      complaint = shutdown.finishes(code, isChildless: current == .childless)
    case .beginAgain: complaint = shutdown.finishes(nil, isChildless: current == .childless)
    case .record(let record) where record.happening == .shutdownHurried:
      complaint = shutdown.hurried(at: now)
    default: complaint = nil
    }
    if let complaint { complainOfAll(complaint) }
  }

  // MARK: After the effects

  mutating func settledShutdown(_ fleet: Fleet) {
    passStopHooks()
    if shutdown.isDue { complainOfAll("nothing ended \(shutdown.phase)") }
    if let limit = shutdown.limit, fleet.nextDeadline.map({ $0 > limit }) ?? true {
      complainOfAll("the limit of \(shutdown.phase) is not watched")
    }
    switch shutdown.phase {
    case .up:
      for index in units.indices {
        if let reason = reason(of: index) {
          complain(InstanceID(index), "no shutdown begins because of \(text(reason))")
        }
      }
    case .hooks:
      if !units.indices.contains(where: { units[$0]?.isUnderWay ?? false }) {
        complainOfAll("a stop hook is not run")
      }
    case .stopping: if !shutdown.isHurried { checkNothingWaits() }
    case .flushing, .sweeping, .over: break
    }
  }

  /// Whatever nothing live follows any more has to be stopped.
  private mutating func checkNothingWaits() {
    guard units.indices.contains(where: isActive) else {
      return complainOfAll("all is down, and the logger is not ended")
    }
    let lastGroup = units.indices.filter(isActive).compactMap { cast.members[$0].group }.max()
    for index in units.indices where isRunning(index) {
      let isDue =
        switch configuration.supervisor.shutdownOrder {
        case .parallel: true
        case .graph: isFreeToStop(index, besideListeners: false)
        case .serial:
          !isListener(index) && cast.members[index].group.map { $0 == lastGroup } ?? true
        }
      if isDue { complain(InstanceID(index), "is not stopped, although its turn has come") }
    }
  }

  /// A process runs that is not being stopped.
  func isRunning(_ index: Int) -> Bool {
    switch units[index] {
    case .program(let program): if case .up = program.state { true } else { false }
    case .cron(let task): if case .running = task.state { true } else { false }
    case .task, .wait, nil: false
    }
  }

  private func isListener(_ index: Int) -> Bool {
    cast.unit(of: index)?.isListener ?? false
  }

  /// Event listeners are stopped last, and what they depend on after them.
  func isBehindListener(_ index: Int) -> Bool {
    guard let unit = cast.members[index].unit else { return false }
    return order.dependents[unit].union([unit]).contains { configuration.units[$0].isListener }
  }
}

extension Unit {
  fileprivate var isListener: Bool {
    guard case .program(let program) = work, case .eventListener = program.kind else {
      return false
    }
    return true
  }
}
