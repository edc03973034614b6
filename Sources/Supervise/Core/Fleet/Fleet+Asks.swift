import ProgramSpec

/// Somebody who waits for an answer, and for what.
struct Ask: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case start, stop, readiness
    /// Answered as soon as its start is under way.
    case launch
  }

  /// nil: nobody is told.
  var id: AskID?
  var kind: Kind
  /// A name may be a cron's.
  var crons = false
  /// Instances that are not settled yet.
  var remaining: [InstanceID] = []
  /// What follows then, in the place of an end.
  var restart: Restart?

  var isAnswered: Bool { remaining.isEmpty && restart == nil && kind != .readiness }
}

/// The requests of the control socket, answered as supervisord's XML-RPC would.
extension Fleet {
  mutating func asked(_ id: AskID, _ request: Request, _ turn: inout Turn) {
    switch request {
    case .start(let names, let waits, let impossible, let crons):
      askEach(names, Ask(id: id, kind: waits ? .start : .launch, crons: crons), &turn) {
        $0.askToStart($1, $2, impossible, &$3)
      }
    case .restart(let names, let waits, let impossible, let crons):
      restart(
        Restart(names: names, waits: waits, impossible: impossible, crons: crons), id, &turn)
    case .stop(let names, let waits, let crons):
      askEach(names, Ask(id: id, kind: .stop, crons: crons), &turn) {
        fleet, id, isOneOfMany, turn in
        fleet.callOffRestart(of: id)
        let answer = fleet.askToStop(id, isOneOfMany, &turn)
        // Our own `update` has to know that the last of a group is down.
        if answer == .end, waits, crons, fleet.instances[id.index].facts.isActive { return nil }
        guard answer == nil else { return answer }
        if waits { turn.record(.stopAwaited) }
        return waits ? nil : .stopped(id)
      }
    case .roll(let names): roll(names, id, &turn)
    case .signal(let signal, let names): sendSignal(signal, names, id, &turn)
    case .misnamedSignal(let names): refuseSignal(names, id, &turn)
    case .awaitReadiness: asks.append(Ask(id: id, kind: .readiness))
    case .shutdown:
      turn.effects += [.reply(id, .accepted), .reply(id, .end)]
      beginShutdown(.asked, &turn)
    case .reload:
      turn.effects += [.reply(id, .accepted), .reply(id, .end)]
      beginShutdown(.reload, &turn)
    }
    if case .awaitReadiness = request { answerIfNeverReady(&turn) }
  }

  /// For each name: what is wrong with it at once, or one more instance to wait for. Of a restart
  /// its start says what is wrong.
  mutating func askEach(
    _ names: [String], _ ask: Ask, _ turn: inout Turn,
    _ act: (inout Fleet, InstanceID, Bool, inout Turn) -> Answer?
  ) {
    var ask = ask
    for name in names {
      guard phase == .up else {
        if ask.restart == nil {
          reply(ask.id, .fault(name: name, .shutdownState, isGroup: false), &turn)
        }
        continue
      }
      switch plan.target(named: name) {
      case .unknown(let isGroup):
        guard ask.crons, let places = placesOfCron(named: name, for: ask.kind) else {
          if ask.restart == nil { reply(ask.id, .unknown(name, isGroup: isGroup), &turn) }
          continue
        }
        for place in places { ask.remaining += wait(for: place, false, ask, &turn, act) }
      case .instance(let instance): ask.remaining += wait(for: instance, false, ask, &turn, act)
      case .group(let members):
        for member in members { ask.remaining += wait(for: member, true, ask, &turn, act) }
      }
    }
    ask.isAnswered ? reply(ask.id, .end, &turn) : asks.append(ask)
    for instance in ask.remaining { answer(about: instance, &turn) }
    mayHaveToTell = true
  }

  private mutating func wait(
    for instance: InstanceID, _ isOneOfMany: Bool, _ ask: Ask, _ turn: inout Turn,
    _ act: (inout Fleet, InstanceID, Bool, inout Turn) -> Answer?
  ) -> [InstanceID] {
    // An earlier name may have brought everything down: order is the shutdown's from now on.
    guard phase == .up else {
      reply(ask.id, fault(.shutdownState, instance), &turn)
      return []
    }
    guard let answer = act(&self, instance, isOneOfMany, &turn) else { return [instance] }
    if answer != .end { reply(ask.id, answer, &turn) }
    return []
  }

  /// nil: wait for it. `end`: nothing to do and nothing to say, as for a running member of a group.
  mutating func askToStart(
    _ id: InstanceID, _ isOneOfMany: Bool, _ impossible: [InstanceID: Fault], _ turn: inout Turn
  ) -> Answer? {
    if case .cron(let cron) = instances[id.index].machine {
      guard !cron.isBusy, !instances[id.index].isWished else { return fault(.alreadyStarted, id) }
      startOnRequest(id, &turn)
      return nil
    }
    guard case .program(let program) = instances[id.index].machine else { return .end }
    if isOneOfMany, program.state.isRunningSet { return .end }
    if let reason = impossible[id] { return fault(reason, id) }
    if program.state.isRunningSet { return fault(.alreadyStarted, id) }
    switch program.state {
    case .stopping: return fault(.abnormalTermination, id)
    case .unknown: return fault(.failed, id)
    case .stopped, .launching, .starting, .running, .backoff, .exited, .fatal:
      startOnRequest(id, &turn)
      return nil
    }
  }

  mutating func askToStop(
    _ id: InstanceID, _ isOneOfMany: Bool, _ turn: inout Turn
  ) -> Answer? {
    if case .cron(let cron) = instances[id.index].machine {
      guard cron.isBusy || instances[id.index].isWished else { return fault(.notRunning, id) }
      instances[id.index].isWished = false
      feed(.stop(.asked), to: id, &turn)
      return nil
    }
    guard case .program(let program) = instances[id.index].machine else { return .end }
    let willStart = instances[id.index].isWished || program.state.isUnderWay
    guard program.state.isRunningSet || willStart else {
      return isOneOfMany ? .end : fault(.notRunning, id)
    }
    instances[id.index].isWished = false
    noLongerAwaited(id, &turn)
    feed(.stop(.asked), to: id, &turn)
    return nil
  }

  private mutating func sendSignal(
    _ signal: Signal?, _ names: [String], _ id: AskID, _ turn: inout Turn
  ) {
    for name in names {
      switch plan.target(named: name) {
      case .unknown(let isGroup):
        reply(id, .unknown(name, isGroup: isGroup), &turn)
      case .instance(let instance):
        reply(id, send(signal, to: instance, &turn) ?? fault(.notRunning, instance), &turn)
      case .group(let members):
        for member in members {
          if let answer = send(signal, to: member, &turn) { reply(id, answer, &turn) }
        }
      }
    }
    reply(id, .end, &turn)
  }

  private func refuseSignal(_ names: [String], _ id: AskID, _ turn: inout Turn) {
    for name in names {
      switch plan.target(named: name) {
      case .unknown(let isGroup): reply(id, .unknown(name, isGroup: isGroup), &turn)
      case .instance(let instance): reply(id, fault(.badSignal, instance), &turn)
      case .group(let members):
        for member in members where isLive(member) {
          reply(id, fault(.badSignal, member), &turn)
        }
      }
    }
    reply(id, .end, &turn)
  }

  private func isLive(_ id: InstanceID) -> Bool {
    guard case .program(let program) = instances[id.index].machine else { return false }
    return program.state.live != nil
  }

  private func send(_ signal: Signal?, to id: InstanceID, _ turn: inout Turn) -> Answer? {
    guard case .program(let program) = instances[id.index].machine, let live = program.state.live,
      case .program(let rules) = plan.rules(of: id)
    else { return nil }
    turn.id = id
    let signal = signal ?? rules.reloadSignal
    turn.record(.signalSent(signal, .leader, pid: live.pid, .asked))
    turn.effects.append(.signal(id, signal, .leader))
    return .signalled(id)
  }

  func fault(_ fault: Fault, _ id: InstanceID) -> Answer {
    .fault(name: plan.members[id.index].displayName, fault, isGroup: false)
  }

  func reply(_ id: AskID?, _ answer: Answer, _ turn: inout Turn) {
    guard let id else { return }
    turn.effects.append(.reply(id, answer))
  }
}

extension Answer {
  /// A group is named without its `:*`.
  static func unknown(_ name: String, isGroup: Bool) -> Answer {
    let shown = isGroup ? String(name.prefix { $0 != ":" }) : name
    return .fault(name: shown, .badName, isGroup: isGroup)
  }
}
