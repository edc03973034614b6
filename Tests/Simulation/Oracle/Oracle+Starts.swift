import ProgramSpec
import SuperviseCore

/// A unit is started as soon as it is to be started and all before it in the order is satisfied,
/// and no sooner.
extension Oracle {
  // MARK: What is to be started

  mutating func heardOfStarts(_ event: Event) {
    switch event {
    case .began:
      for index in units.indices where startsByItself(index) { awaitStart(of: index) }
    case .asked(_, .start(let names, _, let impossible, let crons)):
      if !isShuttingDown { requestStart(names, impossible, crons) }
    default: break
    }
    noteSatisfied()
  }

  private mutating func noteSatisfied() {
    for index in awaited where units[index]?.isSatisfied ?? true { awaited.remove(index) }
  }

  func startsByItself(_ index: Int) -> Bool {
    switch cast.unit(of: index)?.work {
    case .program(let program): program.autostart
    case .hook(let hook): hook.stage == .start
    case .wait, .directory, .template: true
    case .cron, nil: false
    }
  }

  func isReadyHook(_ index: Int) -> Bool {
    guard case .hook(let hook) = cast.unit(of: index)?.work else { return false }
    return hook.stage == .ready
  }

  /// The start is not complete before this instance has been satisfied.
  mutating func awaitStart(of index: Int) {
    awaited.insert(index)
    want(index)
  }

  mutating func wantOnRequest(_ index: Int) {
    requestCount += 1
    want(index, request: requestCount)
  }

  /// A start takes with it what the unit requires and what will not come by itself.
  private mutating func want(_ index: Int, request: Int = 0) {
    var open = [index]
    while let next = open.popLast() {
      guard let unit = cast.members[next].unit, wanted.insert(next).inserted else { continue }
      requests[next] = request
      for required in order.requires[unit] { open += cast.instances[required].filter(standsStill) }
    }
  }

  private func standsStill(_ index: Int) -> Bool {
    guard let unit = units[index], !unit.isSatisfied, !unit.isActive, !isComing(index) else {
      return false
    }
    return unit.shownState != .fatal && unit.shownState != .unknown
  }

  /// It is on its way, or is to be started.
  private func isComing(_ index: Int) -> Bool {
    wanted.contains(index) || units[index]?.isUnderWay ?? false
  }

  mutating func requestStart(
    _ names: [String], _ impossible: [InstanceID: Fault], _ crons: Bool
  ) {
    for name in names {
      if crons, cast.target(name) == .unknown(isGroup: false) { requestCron(name) }
      for index in cast.processes([name]) where impossible[InstanceID(index)] == nil {
        guard case .program(let program) = units[index] else { continue }
        switch program.state {
        case .down, .delayed(_, hasFailed: false): wantOnRequest(index)
        case .delayed(_, hasFailed: true), .launching, .up, .stopping, .lost: break
        }
      }
    }
  }

  private mutating func requestCron(_ name: String) {
    let places = cast.cron(name)
    let isBusy = { [units, wanted] (index: Int) in
      if wanted.contains(index) { return true }
      guard case .cron(let task) = units[index] else { return true }
      if case .down = task.state { return false }
      return true
    }
    if let free = places.first(where: { !isBusy($0) }) { wantOnRequest(free) }
  }

  // MARK: When it is started

  func isSatisfied(_ unit: Int) -> Bool {
    cast.instances[unit].allSatisfy { units[$0]?.isSatisfied ?? true }
  }

  /// Satisfied, or not coming.
  func isSettled(_ unit: Int) -> Bool {
    isSatisfied(unit)
      || !cast.instances[unit].contains { !(units[$0]?.isSatisfied ?? true) && isComing($0) }
  }

  func mayStart(_ index: Int) -> Bool {
    guard let unit = cast.members[index].unit else { return false }
    return order.requires[unit].allSatisfy(isSatisfied) && order.follows[unit].allSatisfy(isSettled)
  }

  /// What is wrong with a start that does not come from the instance's own model.
  func checkStart(_ index: Int) -> String? {
    guard wanted.contains(index) else { return "started, although nothing asks for it" }
    guard let unit = cast.members[index].unit, !mayStart(index) else { return nil }
    let missing =
      order.requires[unit].filter { !isSatisfied($0) }
      + order.follows[unit].filter { !isSettled($0) && !isBeingRestarted($0) }
    guard !missing.isEmpty else { return nil }
    let names = missing.map { configuration.units[$0].name }.joined(separator: ", ")
    return "started before \(names)"
  }

  /// A restart, or a rolling one, reaches it while this event is handled. Until then the unit is
  /// not coming, and what is only ordered `after` it may start.
  private func isBeingRestarted(_ unit: Int) -> Bool {
    if cast.instances[unit].contains(where: wantedLast.contains) { return true }
    guard case .asked(_, .restart(let names, _, _, _)) = current else { return false }
    return cast.processes(names).contains(where: cast.instances[unit].contains)
  }

  // MARK: After the effects

  mutating func settledStarts() {
    guard !isShuttingDown else {
      wanted = []
      return
    }
    for index in wanted.sorted() where isStarted(index) { wanted.remove(index) }
    for index in wanted.sorted() where mayStart(index) {
      complain(InstanceID(index), "is not started, although nothing is before it any more")
    }
    noteSatisfied()
    let isComplete = hasBegun && awaited.isEmpty
    if isComplete, !isStartComplete { complainOfAll("the start is complete, and is not reported") }
  }

  /// A start that was to come was made, or can no longer be made.
  func isStarted(_ index: Int) -> Bool {
    switch units[index] {
    case .program(let program): program.isStarted
    case .task(let task): task.isUnderWay
    case .wait(let wait): wait.isUnderWay
    case .cron(let task): task.isActive
    case nil: true
    }
  }

  mutating func startCompleted(at now: Instant) {
    if isStartComplete || !awaited.isEmpty { complainOfAll("the start is reported too early") }
    isStartComplete = true
    for index in units.indices where isReadyHook(index) { awaitStart(of: index) }
    beginCrons(at: now)
  }
}

extension ProgramModel {
  fileprivate var isStarted: Bool {
    switch state {
    case .launching, .up, .stopping, .delayed(_, hasFailed: true): true
    case .down, .delayed(_, hasFailed: false), .lost: false
    }
  }
}
