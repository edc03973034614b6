import ProgramSpec

/// A rolling restart: one instance after the other, each ready before the next one is touched, so
/// that of several there are always all but one at work.
struct Roll: Sendable, Equatable {
  /// nil: whoever asked has gone. It is brought to its end all the same: a half-rolled group would
  /// run two versions of the same code.
  var ask: AskID?
  /// The next one last.
  var waiting: [InstanceID]
  var current: InstanceID?
}

extension Fleet {
  mutating func roll(_ names: [String], _ id: AskID, _ turn: inout Turn) {
    var members: [InstanceID] = []
    for name in names {
      guard phase == .up else {
        reply(id, .fault(name: name, .shutdownState, isGroup: false), &turn)
        continue
      }
      switch rollTarget(name) {
      case .unknown(let isGroup): reply(id, .unknown(name, isGroup: isGroup), &turn)
      case .instance(let instance): members.append(instance)
      case .group(let group): members += group
      }
    }
    guard phase == .up else { return reply(id, .end, &turn) }
    rolls.append(Roll(ask: id, waiting: members.reversed()))
  }

  /// The bare name of a group means the whole of it: supervisord knows no such request.
  private func rollTarget(_ name: String) -> NamedTarget {
    let target = plan.target(named: name)
    guard case .unknown = target, !name.utf8.contains(UInt8(ascii: ":")) else { return target }
    let group = plan.target(named: "\(name):*")
    return if case .group = group { group } else { target }
  }

  /// True: something has moved, look again.
  ///
  /// One that cannot come back, since what it waits for is not on its way, ends the roll as one
  /// that has failed does.
  mutating func advanceRolls(_ turn: inout Turn) -> Bool {
    guard phase == .up, let roll = rolls.first else { return false }
    guard let current = roll.current else { return beginNext(&turn) }
    guard case .program(let program) = instances[current.index].machine else {
      return finishCurrent(.started(current), &turn)
    }
    if !isHeldUp(current) {
      if instances[current.index].isWished || program.state.isComing { return false }
      if program.state.isRunningSet { return finishCurrent(.started(current), &turn) }
    }
    // The others are better left as they are than brought down one by one.
    rolls[0].waiting = []
    return finishCurrent(fault(.abnormalTermination, current), &turn)
  }

  private mutating func beginNext(_ turn: inout Turn) -> Bool {
    guard let next = rolls[0].waiting.popLast() else {
      let roll = rolls.removeFirst()
      if let ask = roll.ask { reply(ask, .end, &turn) }
      return true
    }
    rolls[0].current = next
    guard case .program(let program) = instances[next.index].machine else { return true }
    switch program.state {
    // A start that comes by itself needs no second request, which would outlive the failed start.
    case .launching: return true
    case .backoff where !nodes[plan.members[next.index].node.index].mayStart: return true
    case .stopped, .starting, .running, .backoff, .stopping, .exited, .fatal, .unknown: break
    }
    program.state.live == nil ? startOnRequest(next, &turn) : feed(.roll, to: next, &turn)
    return true
  }

  private mutating func finishCurrent(_ answer: Answer, _ turn: inout Turn) -> Bool {
    rolls[0].current = nil
    if let ask = rolls[0].ask { reply(ask, answer, &turn) }
    return true
  }

  mutating func refuseRolls(_ turn: inout Turn) {
    for roll in rolls {
      guard let ask = roll.ask else { continue }
      for id in [roll.current].compactMap({ $0 }) + roll.waiting.reversed() {
        reply(ask, fault(.shutdownState, id), &turn)
      }
      reply(ask, .end, &turn)
    }
    rolls = []
  }

  mutating func forgetRolls(of vacant: [InstanceID]) {
    for index in rolls.indices {
      rolls[index].waiting.removeAll(where: vacant.contains)
      if let current = rolls[index].current, vacant.contains(current) {
        rolls[index].current = nil
      }
    }
  }
}

extension ProgramState {
  /// It is on its way to being ready, but is not yet.
  fileprivate var isComing: Bool {
    switch self {
    case .starting(let live), .running(let live): !live.readiness.isReady
    case .launching, .backoff, .exited(restartAt: .some): true
    case .stopping(_, let stopping): stopping.intent.isFollowedByStart
    case .stopped, .exited(restartAt: .none), .fatal, .unknown: false
    }
  }
}
