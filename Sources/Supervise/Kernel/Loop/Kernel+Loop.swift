internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// PID 1's part in its event loop: what it waits for, and what it does about it.
extension Kernel: LoopOwner {
  var isOver: Bool { outcome != nil }

  /// One timer serves all of these.
  var nextDeadline: Instant? {
    [
      fleet.nextDeadline, nextHelperDeadline, nextRoleDeadline, scrapes.first?.deadline,
      acceptance.pausedUntil, nextClientDeadline, lookup.deadline, sharedSockets.nextDeadline,
      nextTrialDeadline, nextLineCount,
    ].compactMap { $0 }.min()
  }

  mutating func launch(_ id: InstanceID, isLookedUp: Bool) {
    guard isLookedUp || mayLaunch(id) else { return lookup.wait(id) }
    if prepareSharedSocket(of: id) { deliver(spawn(id)) }
  }

  mutating func finishIteration() {
    beginDueLookup()
    if !scalings.isEmpty { finishScalings() }
    if clientsHaveChanged { updateClients() }
    watchLineOutlets()
  }

  mutating func handle(_ source: Source, _ event: Poller.Event) {
    switch source {
    case .stopSignals: lookForStopSignals(force: true)
    case .signals: takeOtherSignals()
    case .timer: timerFired()
    case .wallClock: wallClockWasSet()
    case .control: acceptClients()
    case .client: serve(event)
    case .helper(let kind): talk(to: kind)
    case .mainProcess(let id): mainProcessEnded(id)
    case .connection: connectionArrived()
    case .mainLog(let index): mainLogTakesMore(index)
    case .journal: journalTakesMore()
    case .input(let id): inputTakesMore(id, event.token)
    case .readiness(let instance, let descriptor):
      readinessChanged(instance, descriptor, event.token)
    }
  }

  private mutating func timerFired() {
    loop.timerFired()
    startDueHelpers()
    resumeAccepting()
    abandonLateTrials()
    abandonLateLookup()
    checkSharedSockets()
    flushDelayedClients()
    checkRoles()
    finishScrapes(dueAt: Kernel.now)
    noticeUnwatchedClock()
    countLeftOutLines()
    deliver(.deadlinePassed)
  }
}
