import ProgramSpec
import SuperviseCore

/// A rolling restart that has not ended: one program after the other is restarted, each ready
/// before the next one is stopped.
struct RollModel {
  var ask: AskID
  var waiting: [Int]
  var current: Int?
}

/// A restart on request whose programs are not all down yet.
struct RestartModel {
  /// nil: no client waits for it.
  var ask: AskID?
  var names: [String]
  var impossible: [InstanceID: Fault]
  var crons: Bool
  var remaining: Set<Int>
}

/// What requests bring about later: the second half of a restart, and each step of a rolling one.
extension Oracle {
  mutating func heardOfRestarts(_ event: Event) {
    switch event {
    case .asked(let ask, .roll(let names)):
      if !isShuttingDown {
        let waiting: [Int] = names.flatMap(rollTargets).reversed()
        rolls.append(RollModel(ask: ask, waiting: waiting, current: nil))
      }
    case .asked(let ask, .restart(let names, let waits, let impossible, let crons)):
      guard !isShuttingDown else { return }
      let targets = cast.processes(names) + (crons ? names.flatMap(cronPlaces) : [])
      restarts.append(
        RestartModel(
          ask: waits ? ask : nil, names: names, impossible: impossible, crons: crons,
          remaining: Set(targets.filter { units[$0]?.isActive ?? false })))
    case .asked(_, .stop(let names, _, _)):
      for index in cast.processes(names) {
        for place in restarts.indices {
          restarts[place].impossible[InstanceID(index)] = .abnormalTermination
        }
      }
    default: break
    }
  }

  private func cronPlaces(_ name: String) -> [Int] {
    cast.target(name) == .unknown(isGroup: false) ? cast.cron(name) : []
  }

  /// The bare name of a group means all of it.
  private func rollTargets(_ name: String) -> [Int] {
    guard cast.target(name) == .unknown(isGroup: false), !name.contains(":") else {
      return cast.processes([name])
    }
    return cast.processes(["\(name):*"])
  }

  /// Takes each step whose time has come.
  mutating func advanceRestarts() {
    guard !isShuttingDown else { return (rolls, restarts) = ([], []) }
    let before = wanted
    while advanceRoll() {}
    noteWantedLast(since: before)
    for place in restarts.indices {
      restarts[place].remaining = restarts[place].remaining.filter { !isDown($0) }
    }
    while let place = restarts.firstIndex(where: { $0.remaining.isEmpty }) {
      let restart = restarts.remove(at: place)
      let (faults, started) = answersToStart(
        restart.names, restart.impossible, restart.crons, isRestart: true)
      if let index = asks.firstIndex(where: { $0.id == restart.ask }) {
        asks[index].expected += faults
        asks[index].remaining += started
      }
      requestStart(restart.names, restart.impossible, restart.crons)
      noteWantedLast(since: before)
    }
    wantedLast.formUnion(wanted.subtracting(before))
  }

  /// Those that may start do so before the next restart continues.
  private mutating func noteWantedLast(since before: Set<Int>) {
    wantedLast.formUnion(wanted.subtracting(before))
    launchedLast.formUnion(wantedLast.filter { wanted.contains($0) && mayStart($0) })
  }

  /// It is down, and is about to be started by its schedule: no restart waits for it any more.
  mutating func forgetStop(of index: Int) {
    for place in restarts.indices { restarts[place].remaining.remove(index) }
  }

  func isDown(_ index: Int) -> Bool {
    !(units[index]?.isActive ?? false) && !(units[index]?.isUnderWay ?? false)
  }

  private mutating func advanceRoll() -> Bool {
    guard let roll = rolls.first else { return false }
    guard let current = roll.current else { return beginNext() }
    var hasFailed = true
    if case .program(let program) = units[current], !isHeldUp(current) {
      if wanted.contains(current) || program.isComing { return false }
      hasFailed = !program.isRunningSet
    }
    if hasFailed { rolls[0].waiting = [] }
    rolls[0].current = nil
    if let index = asks.firstIndex(where: { $0.id == roll.ask }) {
      let name = cast.members[current].name
      asks[index].expected.append(
        hasFailed
          ? .fault(name: name, .abnormalTermination, isGroup: false) : .started(InstanceID(current))
      )
    }
    return true
  }

  private mutating func beginNext() -> Bool {
    guard let next = rolls[0].waiting.popLast() else {
      rolls.removeFirst()
      return true
    }
    rolls[0].current = next
    guard case .program(var program) = units[next] else { return true }
    switch program.state {
    case .up:
      program.renew(.rolling, at: now)
      units[next] = .program(program)
    // A start that comes by itself is the one that the roll waits for.
    case .stopping, .lost, .launching: break
    case .delayed(_, hasFailed: true) where !mayStart(next): break
    case .down, .delayed: wantOnRequest(next)
    }
    return true
  }

  /// What is removed from the configuration is not restarted.
  mutating func forgetRestarts(of leaving: [Int], vacant: [Int]) {
    for place in rolls.indices {
      rolls[place].waiting.removeAll(where: vacant.contains)
      if let current = rolls[place].current, vacant.contains(current) {
        rolls[place].current = nil
      }
    }
    for place in restarts.indices {
      for index in leaving { restarts[place].impossible[InstanceID(index)] = nil }
    }
  }

  /// It is to be started, and what it waits for does not come by itself.
  func isHeldUp(_ index: Int) -> Bool {
    guard isWaiting(index), !mayStart(index), let unit = cast.members[index].unit else {
      return false
    }
    return hasObstacle(unit)
  }

  private func isWaiting(_ index: Int) -> Bool {
    guard wanted.contains(index) else { return false }
    if case .program(let program) = units[index] { return !program.isUnderWay }
    return true
  }

  private func hasObstacle(_ unit: Int) -> Bool {
    order.requires[unit].contains { isBlocked($0) || (isSettled($0) && !isSatisfied($0)) }
      || order.follows[unit].contains(where: isBlocked)
  }

  private func isBlocked(_ unit: Int) -> Bool {
    !isSatisfied(unit) && hasObstacle(unit) && cast.instances[unit].contains(where: isWaiting)
  }
}

extension ProgramModel {
  /// On its way to being ready.
  fileprivate var isComing: Bool {
    switch state {
    case .up(let up): !up.isReady
    case .launching, .delayed: true
    case .stopping(_, let stop): stop.cause == .notReady || stop.cause == .renewal
    case .down, .lost: false
    }
  }

  /// supervisord's STARTING, RUNNING and BACKOFF.
  var isRunningSet: Bool {
    switch state {
    case .launching, .up, .delayed(_, hasFailed: true): true
    case .down, .delayed(_, hasFailed: false), .stopping, .lost: false
    }
  }
}
