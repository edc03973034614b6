import ProgramSpec

/// The second half of a restart by hand: what is started once all of it is down.
struct Restart: Sendable, Equatable {
  var names: [String]
  /// False: nobody waits for it.
  var waits: Bool
  var impossible: [InstanceID: Fault]
  var crons: Bool
}

/// Restarts by hand, both halves of them: were the second one left to whoever asks, a client that
/// goes away in between would leave its programs stopped.
extension Fleet {
  mutating func restart(_ restart: Restart, _ id: AskID, _ turn: inout Turn) {
    if !restart.waits {
      askEach(restart.names, Ask(id: id, kind: .launch, crons: restart.crons), &turn) {
        _, instance, _, _ in .restarting(instance)
      }
    }
    var ask = Ask(id: restart.waits ? id : nil, kind: .stop, crons: restart.crons)
    ask.restart = restart
    askEach(restart.names, ask, &turn) { fleet, instance, _, turn in
      let answer = fleet.askToStop(instance, true, &turn)
      if answer == nil { turn.record(.stopAwaited) }
      // Somebody else may have begun to stop it.
      return answer == nil || fleet.instances[instance.index].facts.isActive ? nil : .end
    }
  }

  /// True: something has moved, look again.
  mutating func advanceRestarts(_ turn: inout Turn) -> Bool {
    let index = asks.firstIndex { $0.remaining.isEmpty && $0.restart != nil }
    guard let index, let restart = asks[index].restart else { return false }
    let id = asks.remove(at: index).id
    let ask = Ask(id: id, kind: restart.waits ? .start : .launch, crons: restart.crons)
    askEach(restart.names, ask, &turn) { fleet, instance, isOneOfMany, turn in
      if fleet.isRunOfSchedule(instance) { return nil }
      return fleet.askToStart(instance, isOneOfMany, restart.impossible, &turn)
    }
    return true
  }

  /// The schedule has started the cron since the stop, as it does with a queued run: that was the
  /// start.
  private func isRunOfSchedule(_ id: InstanceID) -> Bool {
    guard case .cron(let cron) = instances[id.index].machine else { return false }
    return cron.isBusy
  }

  /// Whoever asked has gone. A restart is brought to its end all the same.
  mutating func hungUp(_ ask: AskID) {
    asks.removeAll { $0.id == ask && $0.restart == nil }
    for index in asks.indices where asks[index].id == ask { asks[index].id = nil }
    for index in rolls.indices where rolls[index].ask == ask { rolls[index].ask = nil }
  }

  /// Whoever stops it meanwhile does not want it back.
  mutating func callOffRestart(of id: InstanceID) {
    for index in asks.indices { asks[index].restart?.impossible[id] = .abnormalTermination }
  }

  /// Their places may be taken by others, whose commands are there.
  mutating func forgetObstacles(to leaving: [InstanceID]) {
    for index in asks.indices {
      for id in leaving { asks[index].restart?.impossible[id] = nil }
    }
  }
}
