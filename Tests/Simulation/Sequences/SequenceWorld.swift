import ProgramSpec
import SuperviseCore

/// The core, the oracle, and a machine on which nothing happens but what a sequence says.
struct SequenceWorld {
  private var fleet: Fleet
  private var oracle: Oracle
  private var now = SimulatedKernel.beginning
  private var wallClock = WallClock(offset: 0)
  private var pids: [Int32?]
  /// Instances with a process that refused a signal.
  private var escaped: Set<Int> = []
  private let isQueueing: Bool
  private var queued: Set<Int> = []
  private var probes: [(instance: Int, purpose: ProbePurpose)] = []
  private var stopCommands: Set<Int> = []
  private var nextPid: Int32 = 2
  private var lastAsk: UInt64 = 0
  /// The last request has not been answered in full.
  private var isOpen = false
  private(set) var isOver = false
  private(set) var transcript: [String]

  init(_ subject: SequenceSubject, keepsTranscript: Bool) {
    let plan = Plan(subject.configuration)
    fleet = Fleet(plan, seed: 1)
    oracle = Oracle(subject.configuration, plan.members)
    oracle.mayBeLate = true
    pids = plan.members.map { _ in nil }
    isQueueing = subject.isQueueing
    transcript = keepsTranscript ? [subject.name] : []
    setClock(by: 0)
    deliver(.began)
  }

  var violation: String? { oracle.violations.first }

  // MARK: What happens

  /// False where it cannot happen now.
  mutating func apply(_ stimulus: Stimulus) -> Bool {
    switch stimulus {
    case .launches(let index):
      guard queued.remove(index) != nil else { return false }
      launch(index)
    case .timePasses: return pass(.zero)
    case .wakesLate: return pass(.seconds(30))
    case .ends(let index, let status): return end(index, .exited(InstanceID(index), status))
    case .setUpFails(let index):
      let failure = SpawnFailure(kind: .other, text: "couldn't exec")
      return end(index, .spawnFailed(InstanceID(index), failure))
    case .announces(let index): return deliver(.announcedReadiness(InstanceID(index)), from: index)
    case .notifies(let index, let notification):
      return deliver(.notified(InstanceID(index), notification), from: index)
    case .signalRefused(let index): return refuseSignal(index)
    case .answers(let index, let purpose, let verdict): return answer(index, purpose, verdict)
    case .stopCommandEnds(let index, let verdict): return endStopCommand(index, verdict)
    case .request(let request): ask(request)
    case .hangsUp: return hangUp()
    case .signal(let signal): deliver(.signalled(signal))
    case .setsClock(let seconds): setClock(by: seconds)
    }
    return true
  }

  private mutating func pass(_ late: Duration) -> Bool {
    guard let deadline = fleet.nextDeadline else { return false }
    now = max(now, deadline).advanced(by: late)
    deliver(.deadlinePassed)
    return true
  }

  private mutating func end(_ index: Int, _ event: Event) -> Bool {
    guard pids[index] != nil else { return false }
    pids[index] = nil
    if escaped.remove(index) == nil { oracle.ended(InstanceID(index)) }
    deliver(event)
    return true
  }

  private mutating func deliver(_ event: Event, from index: Int) -> Bool {
    guard pids[index] != nil else { return false }
    deliver(event)
    return true
  }

  private mutating func refuseSignal(_ index: Int) -> Bool {
    guard pids[index] != nil, escaped.insert(index).inserted else { return false }
    oracle.escaped(InstanceID(index))
    deliver(.signalRefused(InstanceID(index), error: "EPERM"))
    return true
  }

  private mutating func answer(
    _ index: Int, _ purpose: ProbePurpose, _ verdict: Verdict
  ) -> Bool {
    guard probes.contains(where: { $0 == (index, purpose) }) else { return false }
    probes.removeAll { $0 == (index, purpose) }
    deliver(.probed(InstanceID(index), purpose, verdict))
    return true
  }

  private mutating func endStopCommand(_ index: Int, _ verdict: Verdict) -> Bool {
    guard stopCommands.remove(index) != nil else { return false }
    oracle.stopCommandEnded(InstanceID(index))
    deliver(.stopCommandEnded(InstanceID(index), verdict))
    return true
  }

  private mutating func ask(_ request: Request) {
    lastAsk += 1
    isOpen = true
    deliver(.asked(AskID(lastAsk), request))
  }

  private mutating func hangUp() -> Bool {
    guard isOpen else { return false }
    isOpen = false
    deliver(.hungUp(AskID(lastAsk)))
    return true
  }

  private mutating func setClock(by seconds: Int64) {
    wallClock.offset += seconds * 1_000_000_000
    deliver(.clockSet(wallClock))
  }

  // MARK: The core

  /// Delivers the event and all events that its effects bring about.
  private mutating func deliver(_ event: Event) {
    note { $0.line(event) }
    oracle.heard(event, at: now)
    var effects: [Effect] = []
    fleet.on(event, at: now, into: &effects)
    var consequences: [Event] = []
    for effect in effects {
      note { "    → " + $0.line(effect) }
      oracle.saw(effect, at: now)
      if let next = perform(effect) { consequences.append(next) }
    }
    oracle.violations += fleet.violations()
    oracle.settled(fleet, at: now)
    for next in consequences where violation == nil { bringAbout(next) }
  }

  private mutating func bringAbout(_ event: Event) {
    switch event {
    case .spawned(let id, _):
      // Another consequence may have cancelled the spawn.
      if queued.remove(id.index) != nil { launch(id.index) }
    case .eventsDelivered:
      oracle.eventsDelivered()
      deliver(event)
    case _: deliver(event)
    }
  }

  private mutating func launch(_ index: Int) {
    let id = InstanceID(index)
    oracle.began(id, isUnkillable: false)
    pids[index] = nextPid
    nextPid += 1
    deliver(.spawned(id, pid: nextPid - 1))
  }

  /// What the effect brings about immediately.
  private mutating func perform(_ effect: Effect) -> Event? {
    switch effect {
    case .spawn(let id):
      queued.insert(id.index)
      return isQueueing ? nil : .spawned(id, pid: 0)
    case .cancelSpawn(let id): queued.remove(id.index)
    case .probe(let id, let purpose): probes.append((id.index, purpose))
    case .cancelProbe(let id, let purpose): probes.removeAll { $0 == (id.index, purpose) }
    case .abandonProcess(let id):
      pids[id.index] = nil
      if escaped.remove(id.index) == nil { oracle.escaped(id) }
    case .runStopCommand(let id, _): stopCommands.insert(id.index)
    case .endStopCommand(let id): stopCommands.remove(id.index)
    case .deliverEvents: return .eventsDelivered
    case .flushOutput: return .outputFlushed
    case .signalEverything: return .childless
    case .finish, .beginAgain: isOver = true
    case .reply(let ask, .end): if ask.number == lastAsk { isOpen = false }
    case .signal, .killLeftovers, .record, .reply: break
    }
    return nil
  }

  private mutating func note(_ what: (TranscriptText) -> String) {
    guard !transcript.isEmpty else { return }
    let time = now.elapsed(since: SimulatedKernel.beginning)
    transcript.append("\(time.seconds)  \(what(TranscriptText(fleet.plan)))")
  }
}
