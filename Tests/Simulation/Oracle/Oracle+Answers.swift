import ProgramSpec
import SuperviseCore

/// What a client waits for.
struct AskModel {
  enum Kind { case start, stop, restart, roll, readiness, none }

  var id: AskID
  var kind: Kind
  /// The instances that the names of the request meant.
  var targets: [Int] = []
  /// Of a restart, which starts what they mean once everything is down.
  var names: [String] = []
  /// The next answers, in this order.
  var expected: [Answer] = []
  /// Instances that are answered for as soon as they are down, in any order.
  var stopping: [Int] = []
  /// Instances that are answered for as soon as they run, or never will, in any order.
  var remaining: [Int] = []
}

/// No request is kept open without a reason: a client is answered in full as soon as everything
/// that it waits for has happened, or can no longer happen.
extension Oracle {
  mutating func heardOfAsks(_ event: Event) {
    switch event {
    case .asked(let id, let request):
      open.insert(id)
      var ask = ask(id, request)
      heardRequest(&ask, request)
      asks.append(ask)
    // The client is owed no answer any more.
    case .hungUp(let id):
      open.remove(id)
      asks.removeAll { $0.id == id }
    default: break
    }
  }

  private func ask(_ id: AskID, _ request: Request) -> AskModel {
    switch request {
    case .start(let names, true, _, let crons):
      AskModel(id: id, kind: .start, targets: targets(names, crons))
    case .stop(let names, true, let crons):
      AskModel(id: id, kind: .stop, targets: targets(names, crons))
    case .restart(let names, true, _, let crons):
      AskModel(
        id: id, kind: .restart, targets: targets(names, crons), names: names)
    case .roll: AskModel(id: id, kind: .roll)
    case .awaitReadiness: AskModel(id: id, kind: .readiness)
    case .start, .stop, .restart, .signal, .misnamedSignal, .shutdown, .reload:
      AskModel(id: id, kind: .none)
    }
  }

  private func targets(_ names: [String], _ crons: Bool) -> [Int] {
    cast.processes(names) + (crons ? names.flatMap(cast.cron) : [])
  }

  mutating func settledAsks() {
    asks.removeAll { !open.contains($0.id) }
    for ask in asks where !mayBeOpen(ask) {
      complainOfAll("request \(ask.id.number) (\(ask.kind)) is not answered in full")
    }
  }

  private func mayBeOpen(_ ask: AskModel) -> Bool {
    switch ask.kind {
    case .none: false
    case .stop: ask.targets.contains(where: isStopUnderWay)
    case .start: !isShuttingDown && ask.targets.contains(where: isStartUnderWay)
    case .restart:
      ask.targets.contains(where: isStopUnderWay)
        || (!isShuttingDown
          && (ask.targets + cast.processes(ask.names)).contains(where: isStartUnderWay))
    case .roll: rolls.contains { $0.ask == ask.id }
    case .readiness: !isShuttingDown && !isReady && !awaited.contains(where: isFatal)
    }
  }

  /// The start is complete, and the ready hooks have run.
  var isReady: Bool { isStartComplete && awaited.isEmpty }

  func isFatal(_ index: Int) -> Bool { units[index]?.shownState == .fatal }

  private func isStopUnderWay(_ index: Int) -> Bool {
    units[index]?.isActive ?? false || units[index]?.isUnderWay ?? false
  }

  private func isStartUnderWay(_ index: Int) -> Bool {
    if wanted.contains(index) { return !isHeldUp(index) }
    switch units[index] {
    case .program(let program): return program.shownState == .starting
    case .cron(let task): return task.state == .launching
    case .task, .wait, nil: return false
    }
  }

  // MARK: Answers that come later

  mutating func sawReply(_ id: AskID, _ answer: Answer) {
    guard let place = asks.firstIndex(where: { $0.id == id }) else { return }
    if let index = asks[place].stopping.first(where: { isAnswerToStop(answer, $0) }) {
      asks[place].stopping.removeAll { $0 == index }
      if isStopUnderWay(index) || isLost(index) != answer.isFault {
        complain(InstanceID(index), "\(id) is answered wrongly about its stop")
      }
      return
    }
    if take(answer, place) { return }
    // What restarts and rolling restarts bring about comes after all else.
    advanceRestarts()
    if take(answer, place) { return }
    let text = TranscriptText(names: cast.members.map(\.name))
    let expected = asks[place].expected.first.map(text.line) ?? "what is the case"
    complainOfAll(
      "\(id) (\(asks[place].kind)) is answered \(text.line(answer)) instead of \(expected)")
  }

  private func isAnswerToStop(_ answer: Answer, _ index: Int) -> Bool {
    switch answer {
    case .stopped(let id): id.index == index
    // In a shutdown it is also the answer about all that is left: see `isTrueOfAll`.
    case .fault(let name, .failed, _): cast.members[index].name == name && isLost(index)
    case _: false
    }
  }

  /// A signal was refused, or SIGKILL has not ended it.
  private func isLost(_ index: Int) -> Bool {
    guard case .program(let program) = units[index] else { return false }
    return program.state == .lost
  }

  /// False: the answer is not true, or does not come next.
  private mutating func take(_ answer: Answer, _ place: Int) -> Bool {
    let ask = asks[place]
    if answer == .end {
      return isShuttingDown
        || (ask.expected.isEmpty && ask.remaining.isEmpty && ask.stopping.isEmpty)
    }
    if ask.expected.first == answer {
      asks[place].expected.removeFirst()
      return true
    }
    guard ask.expected.isEmpty, let index = ask.remaining.first(where: { isAbout($0, answer) }),
      isTrue(answer, of: index)
    else { return isTrueOfAll(answer, ask) }
    asks[place].remaining.removeAll { $0 == index }
    return true
  }

  private func isAbout(_ index: Int, _ answer: Answer) -> Bool {
    switch answer {
    case .started(let id), .stopped(let id), .restarting(let id), .signalled(let id):
      id.index == index
    case .fault(let name, _, _): cast.members[index].name == name
    case .ready, .neverReady, .accepted, .end: false
    }
  }

  private func isTrueOfAll(_ answer: Answer, _ ask: AskModel) -> Bool {
    switch answer {
    case .fault(_, .shutdownState, _): isShuttingDown
    // SIGKILL has not ended it in time.
    case .fault(_, .failed, _): isShuttingDown && !ask.stopping.isEmpty
    case .ready: ask.kind == .readiness && isReady
    case .neverReady:
      ask.kind == .readiness
        && (isShuttingDown || awaited.contains(where: isFatal)
          || (!awaited.isEmpty && awaited.allSatisfy(willNotCome)))
    case .started, .stopped, .restarting, .signalled, .fault, .accepted, .end: false
    }
  }

  /// Of an instance that was to be started.
  private func isTrue(_ answer: Answer, of index: Int) -> Bool {
    switch (units[index], answer) {
    case (_, .fault(_, .shutdownState, _)): isShuttingDown
    case (.program(let program), .started): program.isRunning
    case (.program(let program), .fault(_, let fault, _)):
      fault == (isHeldUp(index) ? .abnormalTermination : program.faultOfStart)
    case (.cron(let run), .started): run.state != .launching && !run.hasFailedToStart
    case (.cron(let run), .fault(_, .spawnError, _)): run.hasFailedToStart
    case (.cron(let run), .fault(_, .abnormalTermination, _)):
      run.state == .down(.stopped) || isHeldUp(index)
    // It was removed from the configuration.
    case (nil, .fault): true
    case (_, _): false
    }
  }
}

extension Answer {
  fileprivate var isFault: Bool { if case .fault = self { true } else { false } }
}

extension ProgramModel {
  fileprivate var isRunning: Bool {
    switch state {
    case .up(let up): return up.isRunning
    // Late as it is, it may have become too old at the same time.
    case .stopping(let up, let stop): return up.isRunning && stop.cause == .renewal
    case .down, .delayed, .launching, .lost: return false
    }
  }

  /// Why it does not come; nil: it may still come.
  fileprivate var faultOfStart: Fault? {
    switch state {
    case .delayed(_, hasFailed: true), .down(.fatal):
      (startFailure?.kind ?? .other).documentedFault
    case .down, .delayed, .stopping, .lost: .abnormalTermination
    case .launching, .up: nil
    }
  }
}

extension SpawnFailure.Kind {
  fileprivate var documentedFault: Fault {
    switch self {
    case .noFile: .noFile
    case .notExecutable: .notExecutable
    case .shortage, .other: .spawnError
    }
  }
}
