import ProgramSpec
import SuperviseCore

/// What requests are answered before anything of them has happened, as supervisord's XML-RPC does.
extension Oracle {
  /// What a request is answered before anything of it has happened.
  mutating func heardRequest(_ ask: inout AskModel, _ request: Request) {
    switch request {
    case .start(let names, let waits, let impossible, let crons):
      let (faults, rest) = answersToStart(names, impossible, crons)
      ask.expected = faults
      if waits { return ask.remaining = rest }
      for index in rest where !ask.expected.contains(.started(InstanceID(index))) {
        ask.expected.append(.started(InstanceID(index)))
      }
    case .stop(let names, let waits, let crons):
      (ask.expected, ask.stopping) = answersToStop(names, crons, waits: waits)
    case .restart(let names, true, _, let crons):
      if isShuttingDown { return ask.expected = refusals(names) }
      ask.stopping = answersToStop(names, crons, waits: true, isRestart: true).stopping
    case .restart(let names, false, _, let crons): ask.expected = answersToRestart(names, crons)
    case .roll(let names):
      ask.expected = isShuttingDown ? refusals(names) : names.compactMap(faultOfRoll)
    case .signal(_, let names): ask.expected = answersToSignal(names) { .signalled($0) }
    case .misnamedSignal(let names): ask.expected = answersToMisnamedSignal(names)
    case .awaitReadiness: break
    case .shutdown, .reload: ask.expected = [.accepted]
    }
  }

  private func refusals(_ names: [String]) -> [Answer] {
    names.map { .fault(name: $0, .shutdownState, isGroup: false) }
  }

  private func fault(_ fault: Fault, _ index: Int) -> Answer {
    .fault(name: cast.members[index].name, fault, isGroup: false)
  }

  private func unknown(_ name: String, isGroup: Bool) -> Answer {
    .fault(
      name: isGroup ? String(name.prefix { $0 != ":" }) : name, .badName, isGroup: isGroup)
  }

  /// The faults, and the instances that are to be started.
  func answersToStart(
    _ names: [String], _ impossible: [InstanceID: Fault], _ crons: Bool, isRestart: Bool = false
  ) -> (faults: [Answer], remaining: [Int]) {
    if isShuttingDown { return (refusals(names), []) }
    var faults: [Answer] = []
    var remaining: [Int] = []
    for name in names {
      switch cast.target(name) {
      case .unknown(let isGroup):
        let isTaken = { [self] in isBusy($0) || wanted.contains($0) || remaining.contains($0) }
        let places = crons ? cast.cron(name) : []
        if let free = places.first(where: { !isTaken($0) }) {
          remaining.append(free)
        } else if isRestart, let first = places.first,
          isBusy(first) || launchedLast.contains(first)
        {
          // Its schedule, or another restart, has started it since the stop.
          remaining.append(first)
        } else {
          faults.append(
            places.first.map { fault(.alreadyStarted, $0) } ?? unknown(name, isGroup: isGroup))
        }
      case .process(let index):
        let problem = problem(ofStartOf: index, impossible)
        problem.map { faults.append(fault($0, index)) } ?? remaining.append(index)
      case .group(let members):
        for index in members where !isRunningSet(index) {
          let problem = problem(ofStartOf: index, impossible)
          problem.map { faults.append(fault($0, index)) } ?? remaining.append(index)
        }
      }
    }
    return (faults, remaining)
  }

  private func isRunningSet(_ index: Int) -> Bool {
    guard case .program(let program) = units[index] else { return false }
    // Another restart may start it during the same event.
    return launchedLast.contains(index) || program.isRunningSet
  }

  private func problem(ofStartOf index: Int, _ impossible: [InstanceID: Fault]) -> Fault? {
    if let fault = impossible[InstanceID(index)] { return fault }
    guard case .program(let program) = units[index] else { return .badName }
    if isRunningSet(index) { return .alreadyStarted }
    switch program.state {
    case .stopping: return .abnormalTermination
    case .lost: return .failed
    case .down, .delayed, .launching, .up: return nil
    }
  }

  private func answersToStop(
    _ names: [String], _ crons: Bool, waits: Bool, isRestart: Bool = false
  ) -> (expected: [Answer], stopping: [Int]) {
    if isShuttingDown { return (refusals(names), []) }
    var expected: [Answer] = []
    var remaining: [Int] = []
    var stopped: Set<Int> = []
    let stop = { (index: Int, isOneOfMany: Bool, isActive: Bool) in
      if stopped.insert(index).inserted, self.canBeStopped(index) {
        waits ? remaining.append(index) : expected.append(.stopped(InstanceID(index)))
      } else if isActive, isRestart || (isOneOfMany && waits && crons) {
        remaining.append(index)
      } else if !isOneOfMany, !isRestart {
        expected.append(self.fault(.notRunning, index))
      }
    }
    for name in names {
      switch cast.target(name) {
      case .unknown(let isGroup):
        let places = crons ? cast.cron(name) : []
        let busy = places.filter { isBusy($0) || wanted.contains($0) }
        for place in busy.isEmpty ? Array(places.prefix(1)) : busy {
          stop(place, false, isActive(place))
        }
        if places.isEmpty, !isRestart { expected.append(unknown(name, isGroup: isGroup)) }
      case .process(let index): stop(index, false, isStopping(index, stopped))
      case .group(let members):
        for index in members { stop(index, true, isStopping(index, stopped)) }
      }
    }
    return (expected, remaining)
  }

  /// A process that exists, and that the request finds being stopped.
  private func isStopping(_ index: Int, _ stopped: Set<Int>) -> Bool {
    guard case .program(let program) = units[index] else { return false }
    switch program.state {
    case .up: return stopped.contains(index)
    case .stopping: return true
    case .down, .delayed, .launching, .lost: return false
    }
  }

  private func canBeStopped(_ index: Int) -> Bool {
    wanted.contains(index) || isBusy(index) || isRunningSet(index)
      || (!isCron(index) && units[index]?.isUnderWay ?? false)
  }

  private func answersToRestart(_ names: [String], _ crons: Bool) -> [Answer] {
    if isShuttingDown { return refusals(names) }
    return names.flatMap { name -> [Answer] in
      switch cast.target(name) {
      case .unknown(let isGroup):
        let places = crons ? cast.cron(name) : []
        let place = places.first { !isBusy($0) && !wanted.contains($0) } ?? places.first
        return [place.map { .restarting(InstanceID($0)) } ?? unknown(name, isGroup: isGroup)]
      case .process(let index): return [.restarting(InstanceID(index))]
      case .group(let members): return members.map { .restarting(InstanceID($0)) }
      }
    }
  }

  private func faultOfRoll(_ name: String) -> Answer? {
    guard case .unknown(let isGroup) = cast.target(name) else { return nil }
    let isName = !name.contains(":") && cast.target("\(name):*") != .unknown(isGroup: true)
    return isName ? nil : unknown(name, isGroup: isGroup)
  }

  private func hasProcess(_ index: Int) -> Bool {
    guard case .program(let program) = units[index] else { return false }
    switch program.state {
    case .up, .stopping, .lost: return true
    case .down, .delayed, .launching: return false
    }
  }

  private func answersToSignal(
    _ names: [String], _ answer: (InstanceID) -> Answer
  ) -> [Answer] {
    names.flatMap { name -> [Answer] in
      switch cast.target(name) {
      case .unknown(let isGroup): return [unknown(name, isGroup: isGroup)]
      case .process(let index):
        return [hasProcess(index) ? answer(InstanceID(index)) : fault(.notRunning, index)]
      case .group(let members):
        return members.filter(hasProcess).map { answer(InstanceID($0)) }
      }
    }
  }

  private func answersToMisnamedSignal(_ names: [String]) -> [Answer] {
    names.flatMap { name -> [Answer] in
      if case .process(let index) = cast.target(name) { return [fault(.badSignal, index)] }
      return answersToSignal([name]) { fault(.badSignal, $0.index) }
    }
  }
}
