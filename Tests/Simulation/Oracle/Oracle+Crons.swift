import ProgramSpec
import SuperviseCore

/// Crons run at the times of their schedules, from the end of the start to the begin of the
/// shutdown, and as `overlap` says where a run is still under way.
extension Oracle {
  // MARK: Before the effects

  mutating func heardOfCrons(_ event: Event, at now: Instant) {
    for unit in cast.crons { queueUnseen(unit, at: now) }
    if event == .deadlinePassed {
      dueCrons = cast.crons.filter { unit in
        crons[configuration.units[unit].name]?.due.map { $0.latest <= now } ?? false
      }
    }
    guard case .clockSet(let new) = event else { return }
    for unit in cast.crons {
      let isBusy = isBusy(cast.instances[unit][0])
      let name = configuration.units[unit].name
      // Late as PID 1 is, several runs may be due, and which comes next is not known.
      if mayBeLate, crons[name]?.dependsOnClock ?? false { crons[name]?.stopPredicting() }
      let isMissed = crons[name]?.clockMoved(from: clock, to: new, at: now, isBusy: isBusy)
      if isMissed == true { missedRuns.insert(name) }
    }
    clock = new
  }

  /// With a jitter, a run is queued at a time that no effect shows.
  private mutating func queueUnseen(_ unit: Int, at now: Instant) {
    let name = configuration.units[unit].name
    guard let cron = crons[name], let due = cron.due, due.latest < now, cron.queues,
      cron.queued == nil, isBusy(cast.instances[unit][0])
    else { return }
    mayBeLate ? crons[name]?.stopPredicting() : crons[name]?.queue(at: due.latest, clock)
  }

  mutating func beginCrons(at now: Instant) {
    guard !haveCronsBegun else { return }
    haveCronsBegun = true
    for unit in cast.crons { crons[configuration.units[unit].name]?.begin(at: now, clock) }
  }

  /// The rest of the start does not come by itself, so that crons begin without it.
  mutating func startStalled(at now: Instant) {
    // Restarts may continue before that, or only after it.
    if !isStartStalled { advanceRestarts() }
    if !isStartStalled, wantedLast.isEmpty {
      complainOfAll("the start is reported as stalled, and is not")
    }
    beginCrons(at: now)
  }

  private var isStartStalled: Bool {
    hasBegun && !isStartComplete && !awaited.isEmpty && awaited.allSatisfy(willNotCome)
  }

  func willNotCome(_ index: Int) -> Bool {
    switch units[index] {
    case .program(let program):
      if case .down(let rest) = program.state, rest != .stopped { return true }
    case .task(let task): if case .down(.failed) = task.state { return true }
    case .wait(let wait): if wait.state == .down(.failed) { return true }
    case .cron, nil: break
    }
    let isPending = wanted.contains(index) || units[index]?.isUnderWay ?? false
    return isHeldUp(index) || (!isPending && !(units[index]?.isActive ?? false))
  }

  mutating func endCrons() {
    for unit in cast.crons { crons[configuration.units[unit].name]?.end() }
  }

  mutating func stopCron(_ name: String, at now: Instant) {
    guard cast.cron(name).contains(where: isBusy) else { return }
    crons[name]?.stopRun(at: now)
  }

  /// Crons that were removed are forgotten, and those that are new begin.
  mutating func replaceCrons(_ renewed: [Int], at now: Instant) {
    for name in crons.keys where cast.cron(name).isEmpty { crons[name] = nil }
    for index in renewed where cast.members[index].number == 0 {
      guard let unit = cast.unit(of: index), case .cron(let cron) = unit.work else { continue }
      crons[unit.name] = CronModel(cron)
      if haveCronsBegun { crons[unit.name]?.begin(at: now, clock) }
    }
  }

  /// A further attempt that is still to come counts too, and so does a process whose time is over
  /// and that has not been abandoned yet.
  func isBusy(_ place: Int) -> Bool {
    guard case .cron(let task) = units[place] else { return false }
    if case .down = task.state { return task.owed.contains(.abandonProcess) }
    return true
  }

  // MARK: Effects

  /// A run begins by the schedule, or on request.
  mutating func fired(_ id: InstanceID, _ second: Int64?, at now: Instant) {
    guard let unit = cast.members[id.index].unit, var cron = crons[configuration.units[unit].name]
    else { return complain(id, "run, and is no cron") }
    if second == nil, !mayBeScheduled(unit, cron) { advanceRestarts() }
    guard second != nil || !wanted.contains(id.index) else { return }
    let place = place(forRunOf: unit, cron)
    if place != id.index { complain(id, "run in the place of another run") }
    forgetStop(of: id.index)
    if !mayStart(id.index), !hasChangedBefore(unit) { complain(id, "run, although it has to wait") }
    firedRuns.insert(id.index)
    dueCrons.removeAll { $0 == unit }
    defer { crons[configuration.units[unit].name] = cron }
    // Nothing shows whether it is the run of a restart or one that chance has queued.
    if second == nil, cron.queued == nil,
      restarts.contains(where: { $0.remaining.allSatisfy(isDown) })
    {
      cron.stopPredicting()
    }
    if cron.isUnpredictable { return }
    if let queued = cron.queued {
      if !queued.standsFor(second) { complain(id, "the queued run is another one") }
      return cron.takeQueued()
    }
    // Chance may have queued it before its latest time.
    let isEnd = cron.queues && current != .deadlinePassed
    guard current == .deadlinePassed || isEnd, let due = cron.due, due.earliest <= now else {
      return complain(id, "run before it is due")
    }
    if !due.standsFor(second) { complain(id, "run for \(second ?? 0) instead of another second") }
    cron.takeDue(
      for: second, at: now, clock, isPunctual: current == .deadlinePassed && !mayBeLate)
  }

  /// Of a schedule without a calendar, whose runs stand for no second: it comes before what a
  /// restart brings about.
  private func mayBeScheduled(_ unit: Int, _ cron: CronModel) -> Bool {
    if case .calendar = cron.cron.schedule { return false }
    if case .asked = current { return false }
    guard mayStart(cast.instances[unit][0]) else { return false }
    if cron.isUnpredictable { return !restarts.contains { $0.remaining.allSatisfy(isDown) } }
    return cron.queued != nil
      || (cron.isDue(at: now) && (cron.queues || current == .deadlinePassed))
  }

  /// nil: no place is free.
  private func place(forRunOf unit: Int, _ cron: CronModel) -> Int? {
    let places = cast.instances[unit]
    guard isBusy(places[0]) else { return places[0] }
    guard cron.cron.overlap == .allow else { return nil }
    return places.first { !isBusy($0) && !wanted.contains($0) }
  }

  /// What the unit waits for has changed with this event: before or after it, the core may look.
  private func hasChangedBefore(_ unit: Int) -> Bool {
    current == .deadlinePassed
      && (order.requires[unit] + order.follows[unit]).contains { other in
        cast.instances[other].contains { units[$0]?.hasChanged ?? false }
      }
  }

  mutating func skipped(_ id: InstanceID, _ reason: SkipReason, at now: Instant) {
    guard let unit = cast.members[id.index].unit, var cron = crons[configuration.units[unit].name]
    else { return complain(id, "a run is left out, and it is no cron") }
    defer { crons[configuration.units[unit].name] = cron }
    if reason == .missed {
      let isKnown = missedRuns.remove(configuration.units[unit].name) != nil
      if !isKnown, !cron.isUnpredictable { complain(id, "no run was missed") }
      return
    }
    if reason == .stillRunning, cron.queues, cron.queued == nil, current == .deadlinePassed,
      let due = cron.due, due.earliest <= now
    {
      // Two runs are due, because PID 1 is late or by chance: the first one was queued.
      cron.queue(at: now, clock)
    }
    if !isCause(reason, unit, cron) { complain(id, "a run is left out: \(reason.values)") }
    if cron.isUnpredictable { return }
    // The run before has been abandoned at this time: the queued one comes before one that is due.
    let isQueuedFirst = cron.queued != nil && !isBusy(cast.instances[unit][0])
    if !isQueuedFirst, current == .deadlinePassed, let due = cron.due, due.earliest <= now {
      cron.takeDue(for: nil, at: now, clock)
      dueCrons.removeAll { $0 == unit }
    } else if cron.queued != nil {
      cron.takeQueued()
    } else if cron.queues, cron.isDue(at: now) {
      // Chance had queued it before its latest time.
      cron.takeDue(for: nil, at: now, clock)
      dueCrons.removeAll { $0 == unit }
    } else {
      complain(id, "a run is left out that is not due")
    }
  }

  private func isCause(_ reason: SkipReason, _ unit: Int, _ cron: CronModel) -> Bool {
    let places = cast.instances[unit]
    switch reason {
    case .heldUp: return !mayStart(places[0]) || hasChangedBefore(unit)
    case .stillRunning:
      let isQueueFull = cron.queued != nil || cron.isUnpredictable
      return isBusy(places[0]) && (cron.cron.overlap == .skip || (cron.queues && isQueueFull))
    case .tooManyRuns(let count):
      return cron.cron.overlap == .allow && count == places.count
        && places.allSatisfy { isBusy($0) || wanted.contains($0) }
    case .missed: return true
    }
  }

  // MARK: After the effects

  mutating func settledCrons(_ fleet: Fleet) {
    for place in firedRuns { complain(InstanceID(place), "run without a process") }
    for name in missedRuns { complainOfAll("\(name): a run was missed, and is not reported") }
    guard !isShuttingDown else { return }
    if !cast.crons.isEmpty, !haveCronsBegun, isStartStalled {
      complainOfAll("the start is stalled, and crons do not begin")
    }
    for unit in dueCrons { settledDueCron(unit) }
    dueCrons = []
    for unit in cast.crons { settledCron(unit, fleet) }
  }

  /// It has neither run nor been left out: it was queued, which no effect shows.
  private mutating func settledDueCron(_ unit: Int) {
    let name = configuration.units[unit].name
    let id = InstanceID(cast.instances[unit][0])
    guard var cron = crons[name], !cron.isUnpredictable else { return }
    guard cron.queues, cron.queued == nil, isBusy(id.index) else {
      return complain(id, "is not run, although it is due")
    }
    cron.queue(at: now, clock)
    crons[name] = cron
  }

  private mutating func settledCron(_ unit: Int, _ fleet: Fleet) {
    let id = InstanceID(cast.instances[unit][0])
    guard let cron = crons[configuration.units[unit].name], !cron.isUnpredictable else { return }
    if cron.queued != nil, !isBusy(id.index) { complain(id, "the queued run does not begin") }
    guard let due = cron.due else { return }
    if cron.queues, isBusy(id.index), cron.isDue(at: now) { return }
    if fleet.nextDeadline.map({ $0 > due.latest }) ?? true {
      complain(id, "is not looked at again when its run is due")
    }
  }
}
