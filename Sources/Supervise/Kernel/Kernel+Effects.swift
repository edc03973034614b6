internal import EventsProtocol
internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Carries out what the core decides; what comes of it goes back to the core, in order.
extension Kernel: CoreOwner {
  mutating func decide(_ event: Event, into effects: inout [Effect]) {
    fleet.on(event, at: Kernel.now, into: &effects)
  }

  /// Called between two events, never from within one.
  mutating func adopt(_ plan: Plan, _ renewed: [InstanceID]) {
    keepCounts(beyond: plan, renewed)
    perform { kernel, effects in
      kernel.fleet.adopt(plan, renewed: renewed, at: Kernel.now, into: &effects)
    }
  }

  mutating func perform(_ effect: Effect) {
    switch effect {
    case .spawn(let id): spawnQueue.append(id)
    case .cancelSpawn(let id):
      spawnQueue.cancel(id)
      lookup.cancel(id)
      sharedSockets.cancel(id)
    case .signal(let id, let signal, let target): send(signal, to: id, target)
    case .killLeftovers(let id): killLeftovers(of: id)
    case .abandonProcess(let id): abandonProcess(of: id)
    case .probe(let id, let purpose): beginProbe(id, purpose)
    case .cancelProbe(let id, let purpose): cancelProbe(id, purpose)
    case .record(let record): publish(record)
    case .reply(let ask, let answer): reply(ask, answer)
    case .runStopCommand(let id, let pid):
      for event in runStopCommand(id, pid) { events.append(event) }
    case .endStopCommand(let id): endStopCommand(id)
    case .deliverEvents: deliverEvents()
    case .flushOutput: flushOutput()
    case .signalEverything(let signal, let isEnd): sweep(signal, isEnd: isEnd)
    case .finish(let code): outcome = .exit(code)
    case .beginAgain: outcome = .beginAgain
    }
  }

  private mutating func send(_ signal: Signal, to id: InstanceID, _ target: SignalTarget) {
    guard let pid = children.pid(of: id) else { return }
    if signal == .kill {
      children.noteKill(of: pid)
      if let leader = mainProcesses[id]?.leader { children.noteKill(of: leader) }
    }
    do {
      switch target {
      case .leader: try signalProcess(of: id, pid, signal.number)
      case .group: try signalGroup(of: id, pid, signal.number)
      }
    } catch {
      guard error != .noSuchProcess else { return }
      events.append(.signalRefused(id, error: error.message))
    }
  }

  /// The leader is a zombie of ours until we reap it, so the group's number is still its own.
  private mutating func killLeftovers(of id: InstanceID) {
    guard let pid = children.pid(of: id) else { return }
    guard mainProcesses[id] == nil else {
      try? signalGroup(of: id, pid, Signal.kill.number)
      return
    }
    killGroup(pid, .instance(id))
  }

  private mutating func abandonProcess(of id: InstanceID) {
    guard let pid = children.pid(of: id) else { return }
    reportExitToLogger(of: id, pid: pid)
    children.forget(pid)
  }

  /// To those who follow, to the journal's file, and to people.
  mutating func publish(_ record: Record) {
    guard admits(record) else { return }
    journal.append(record)
    narrator.tell(record)
    tellListeners(record)
    guard journalOutlet != nil || clients.contains(where: \.followsJournal) else { return }
    let line = journalRenderer.line(record)
    writeJournal(line)
    for index in clients.indices where clients[index].followsJournal {
      // Sent once for all records of a wake-up: one write for each record and follower would take
      // PID 1 a second where thousands of programs move and hundreds of clients follow.
      if !clients[index].append(line) || (clients[index].isFilling && !clients[index].flush()) {
        clients[index].abandon()
      }
    }
    clientsHaveChanged = true
  }

  private mutating func tellListeners(_ record: Record) {
    guard helpers[.events].link.isRunning else { return }
    if let (type, payload) = eventSource.event(record, fleet.plan) { emit(type, payload) }
    guard case .moved(let from, let to, _, _) = record.happening, let id = record.instance,
      listeners.contains(where: { $0.instance == id })
    else { return }
    if to == .running || from == .running, to != .ready {
      tellEvents(.listenerState(instance: UInt32(id.index), isRunning: to == .running))
    }
  }

  /// Only PID 1 may signal everything: elsewhere that would be the whole session's processes.
  ///
  /// Where everything begins again whoever has come from outside, by `docker exec`, stays: they are
  /// no descendants of ours.
  private mutating func sweep(_ signal: Signal, isEnd: Bool) {
    isSweeping = true
    // It ignores everything milder, and has had its time to write.
    for kind in HelperKind.allCases {
      guard let pid = helpers[kind].link.pid else { continue }
      try? sendSignal(Signal.kill.number, toProcess: pid)
    }
    if ThisProcess.isInit {
      isEnd ? sendSignalToEverything(signal.number) : signalDescendants(signal.number)
    }
    reapChildren()
  }

  private func signalDescendants(_ number: Int32) {
    for pid in ProcessUsage.descendants(of: ThisProcess.identifier) {
      try? sendSignal(number, toProcess: pid)
    }
  }
}
