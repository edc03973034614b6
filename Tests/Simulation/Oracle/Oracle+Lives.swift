import ProgramSpec
import SuperviseCore

/// Each start, check, retry and signal comes when it is due, and only then: every instance follows
/// its model.
extension Oracle {
  /// Before the core handles the event.
  mutating func heard(_ event: Event, at now: Instant) {
    (current, self.now, wantedLast, isStopOfRoll) = (event, now, [], false)
    launchedLast = []
    heardOfCrons(event, at: now)
    for index in units.indices { units[index]?.eventBegins() }
    heardOfAsks(event)
    switch event {
    case .deadlinePassed: for index in units.indices { units[index]?.timePassed(at: now) }
    case .asked(_, .stop(let names, _, let crons)), .asked(_, .restart(let names, _, _, let crons)):
      if !isShuttingDown { requestStop(names, crons, at: now) }
    case .began: hasBegun = true
    case .asked, .hungUp, .signalled, .clockSet, .eventsDelivered, .outputFlushed,
      .childless:
      break
    case .spawned(let id, _), .spawnFailed(let id, _), .exited(let id, _), .probed(let id, _, _),
      .probeFailedToStart(let id, _, _), .announcedReadiness(let id), .notified(let id, _),
      .outgrew(let id, _), .stopCommandEnded(let id, _), .signalRefused(let id, _):
      units[id.index]?.heard(event, at: now)
    }
    heardOfShutdown(event, at: now)
    heardOfStarts(event)
    heardOfRestarts(event)
  }

  private mutating func requestStop(_ names: [String], _ crons: Bool, at now: Instant) {
    for index in cast.processes(names) {
      guard case .program(var program) = units[index] else { continue }
      // A request has no effect on what is down, or on the way down for good.
      guard program.isUnderWay || wanted.contains(index) else { continue }
      program.stopRequested(at: now)
      units[index] = .program(program)
      wanted.remove(index)
      awaited.remove(index)
    }
    guard crons else { return }
    for name in names where cast.target(name) == .unknown(isGroup: false) {
      stopCron(name, at: now)
      for index in cast.cron(name) {
        guard case .cron(var task) = units[index] else { continue }
        task.stop(at: now)
        units[index] = .cron(task)
        wanted.remove(index)
      }
    }
  }

  mutating func did(_ deed: Deed, _ index: Int, at now: Instant) {
    if deed == .killLeftovers, units[index]?.mayKillLeftovers == true { return }
    if let place = farewells.firstIndex(where: { $0.instance == index && $0.deed == deed }) {
      farewells.remove(at: place)
      return
    }
    if case .signal = deed, isPassedOn { return }
    let isOwed = units[index]?.owed.contains(deed) ?? false
    if isStopOfRoll || !(isOwed || isExplained(deed, index)) { advanceRestarts() }
    let problem = problem(ofStart: index, deed)
    let isRequested = problem == nil && !isOwedStart(index, deed) && wanted.contains(index)
    if isRequested {
      checkStartOrder(of: index)
      started.insert(index)
    }
    // What is started because another unit has become ready is not started by its own timer: two
    // times of chance coincide only for a supervisor that is late.
    let isOwnTime = !wantedLast.contains(index) && (mayBeLate || !isRequested)
    let grounds = Grounds(
      stop: isShuttingDown ? .shutdown : nil, isWanted: problem == nil,
      isTimer: current == .deadlinePassed && isOwnTime)
    if deed == .spawn { firedRuns.remove(index) }
    if isShuttingDown, !isOwed, isSignal(deed) { checkTurn(of: index) }
    if isShuttingDown, !isOwed, deed == .spawn { checkStopHook(index) }
    let complaint = units[index]?.did(deed, grounds, at: now)
    if let complaint { complain(InstanceID(index), problem ?? complaint) }
  }

  /// Nothing that a restart or a rolling one brings about is needed to explain it: of a supervisor
  /// that is late several deadlines pass at one time, and only then restarts are continued. A run
  /// of a schedule begins before them, too.
  private func isExplained(_ deed: Deed, _ index: Int) -> Bool {
    if deed == .spawn, firedRuns.contains(index) { return true }
    guard current == .deadlinePassed else { return false }
    // By chance it may be too old at the very moment at which it has become ready.
    guard mayBeLate else { return isOld(index) }
    if units[index]?.mayBeDue(at: now) ?? false { return true }
    return (deed == .spawn || deed == .probe(.wait)) && problem(ofStart: index, deed) == nil
  }

  /// Its `max_uptime`, spread by chance, may be over.
  private func isOld(_ index: Int) -> Bool {
    guard case .program(let program) = units[index], case .up(let up) = program.state else {
      return false
    }
    return up.uptimeEnd?.contains(now) ?? false
  }

  /// Why the instance must not be started now, other than by itself.
  private func problem(ofStart index: Int, _ deed: Deed) -> String? {
    guard deed == .spawn || deed == .probe(.wait) else { return nil }
    if isShuttingDown {
      return isStopHook(InstanceID(index)) ? nil : "started during the shutdown"
    }
    if firedRuns.contains(index) { return nil }
    return checkStart(index)
  }

  private func isOwedStart(_ index: Int, _ deed: Deed) -> Bool {
    guard deed == .spawn || deed == .probe(.wait) else { return true }
    return units[index]?.owed.contains(deed) ?? false
  }

  private func isSignal(_ deed: Deed) -> Bool {
    switch deed {
    case .signal, .runStopCommand: true
    case .spawn, .cancelSpawn, .killLeftovers, .abandonProcess, .probe, .cancelProbe,
      .endStopCommand:
      false
    }
  }

  /// The signal is the one that a client sends to a program, or one for the foreground command.
  private var isPassedOn: Bool {
    switch current {
    case .asked(_, .signal): true
    case .signalled: isForeground() && !isShuttingDown
    case _: false
    }
  }

  /// The core has handled the event, and its effects have been seen.
  mutating func settled(_ fleet: Fleet, at now: Instant) {
    let nextDeadline = fleet.nextDeadline
    for index in units.indices {
      guard let unit = units[index] else { continue }
      let id = InstanceID(index)
      if !unit.owed.isEmpty { complain(id, "owed \(unit.owed) in \(unit.shownState)") }
      if let wakeUp = unit.wakeUp, fleet.phase != .finished,
        nextDeadline.map({ $0 > wakeUp }) ?? true
      {
        complain(id, "is not looked at again when it is due, in \(unit.shownState)")
      }
      guard !isCron(index) else { continue }
      let state = fleet.state(of: id)
      if !unit.mayBeShown(as: state) { complain(id, "\(state), but should be \(unit.shownState)") }
    }
    settledShutdown(fleet)
    settledCrons(fleet)
    advanceRestarts()
    settledStarts()
    started = []
    settledAsks()
    checkWaiting(fleet)
    noteSettled()
    for farewell in farewells {
      complain(InstanceID(farewell.instance), "owed \(farewell.deed) before it is replaced")
    }
  }

  /// The configuration has changed: what is replaced is ended, and what is new has done nothing.
  mutating func replaceUnits(_ names: [Plan.Member], at now: Instant) {
    (current, wantedLast, launchedLast) = (nil, [], [])
    let old = cast
    cast = Cast(configuration, names)
    let isNew = Set(cast.members.indices.filter { isReplaced($0, old) })
    order = UnitOrder(cast)
    while units.count < names.count { units.append(nil) }
    for index in cast.members.indices {
      guard let work = cast.unit(of: index)?.work else {
        end(index, at: now)
        units[index] = nil
        continue
      }
      if isNew.contains(index) || units[index] == nil {
        end(index, at: now)
        units[index] = UnitModel(work)
      } else if case .program(var model) = units[index], case .program(let program) = work {
        model.program = program
        units[index] = .program(model)
      }
    }
    let vacant = cast.members.indices.filter { cast.members[$0].unit == nil }
    forgetRestarts(of: vacant + isNew.filter { $0 < old.members.count }, vacant: vacant)
    wanted.subtract(isNew.union(vacant))
    awaited.subtract(isNew.union(vacant))
    for index in isNew.sorted()
    where startsByItself(index) || (isStartComplete && isReadyHook(index)) {
      awaitStart(of: index)
    }
    replaceCrons(isNew.sorted(), at: now)
  }

  /// The instance is new, or its step is another one.
  private func isReplaced(_ index: Int, _ old: Cast) -> Bool {
    guard let unit = cast.unit(of: index) else { return false }
    guard index < old.members.count, let before = old.unit(of: index) else { return true }
    return unit.isStep && unit.essence != before.essence
  }

  private mutating func end(_ index: Int, at now: Instant) {
    switch units[index] {
    case .wait(var wait):
      wait.stop()
      farewells += wait.owed.map { (index, $0) }
    case .task(var task):
      task.stop(at: now)
      farewells += task.owed.map { (index, $0) }
    case .program, .cron, nil: break
    }
  }
}
