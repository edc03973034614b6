import ProgramSpec

/// Every unit and the phase of the whole: events in, effects out, nothing else.
///
/// An event goes to the one instance it concerns; what changed there is carried along the graph
/// (`Fleet+Graph`), and only then are those whose turn has come started, from a queue and never by
/// recursion. Shutdown (`Fleet+Shutdown`) is a phase of the same loop, and so are the answers that
/// people at the control socket wait for (`Fleet+Asks`).
package struct Fleet: Sendable, Equatable {
  package internal(set) var plan: Plan
  package internal(set) var instances: [Instance]
  package internal(set) var phase = Phase.idle
  /// When the start was complete.
  package internal(set) var startedAt: Instant?
  var haveCronsBegun = false
  /// And the ready hooks have run.
  var hasBeenReady = false

  var nodes: [NodeProgress]
  var queue = NodeQueue()
  /// Nodes whose requested instances are to be started: in the order of the requests, and what one
  /// request wants, or starts by itself, in the order of the ranks.
  var startable = PriorityQueue<NodeTurn>()
  /// So many starts have been requested.
  var startRequests = 0
  var deadlines = PriorityQueue<Deadline>()
  var random: RandomSource
  /// As the kernel last told it.
  package internal(set) var clock = WallClock(offset: 0)
  var shutdown = ShutdownProgress()
  var asks: [Ask] = []
  /// Rolling restarts: the first is under way, the others wait for it.
  var rolls: [Roll] = []
  /// Somebody may wait for a start that is held up since.
  var mayHaveToTell = false
  /// Whose deadline has passed without moving: never, or the state machine has a hole.
  var unmovedDeadline: InstanceID?
  /// Instances with a process, in all.
  var activeCount = 0
  /// Instances the start still waits for.
  var awaitedCount = 0

  package init(_ plan: Plan, seed: UInt64) {
    self.plan = plan
    random = RandomSource(seed: seed)
    instances = plan.members.map { Instance(plan.nodes[$0.node.index].rules) }
    nodes = plan.nodes.map(NodeProgress.init)
  }

  package mutating func on(_ event: Event, at now: Instant, into effects: inout [Effect]) {
    var turn = Turn(now: now, clock: clock, id: InstanceID(0), random: random)
    swap(&turn.effects, &effects)
    route(event, &turn)
    settle(&turn)
    random = turn.random
    swap(&turn.effects, &effects)
  }

  /// When `deadlinePassed` is due; nil: nothing will happen by itself.
  package var nextDeadline: Instant? {
    let own = phase == .finished ? nil : shutdown.nextDeadline
    guard let earliest = deadlines.first?.at else { return own }
    return own.map { min($0, earliest) } ?? earliest
  }

  private mutating func route(_ event: Event, _ turn: inout Turn) {
    switch event {
    case .began: begin(&turn)
    case .spawned(let id, let pid): feed(.spawned(pid: pid), to: id, &turn)
    case .spawnFailed(let id, let failure): feed(.spawnFailed(failure), to: id, &turn)
    case .exited(let id, let status): feed(.exited(status), to: id, &turn)
    case .probed(let id, let purpose, let verdict): feed(.probed(purpose, verdict), to: id, &turn)
    case .probeFailedToStart(let id, let purpose, let failure):
      feed(.probeFailedToStart(purpose, failure), to: id, &turn)
    case .announcedReadiness(let id): feed(.announcedReadiness, to: id, &turn)
    case .notified(let id, let notification): feed(.notified(notification), to: id, &turn)
    case .outgrew(let id, let bytes): feed(.outgrew(bytes: bytes), to: id, &turn)
    case .stopCommandEnded(let id, let verdict): feed(.stopCommandEnded(verdict), to: id, &turn)
    case .signalRefused(let id, let error): feed(.signalRefused(error), to: id, &turn)
    case .asked(let ask, let request): asked(ask, request, &turn)
    case .hungUp(let ask): hungUp(ask)
    case .signalled(let signal): signalled(signal, &turn)
    case .clockSet(let clock): clockSet(clock, &turn)
    case .deadlinePassed: deadlinePassed(&turn)
    case .eventsDelivered: shutdown.delivery = .over
    case .outputFlushed: outputFlushed(&turn)
    case .childless: childless(&turn)
    }
  }

  mutating func feed(_ input: Instance.Input, to id: InstanceID, _ turn: inout Turn) {
    turn.id = id
    let rules = plan.rules(of: id)
    instances[id.index].on(input, rules, &turn)
    instances[id.index].noticeOwnStart()
    refresh(id, &turn)
    guard isCron(id) else { return }
    answer(about: id, &turn)
    runIfDue(id, &turn)
  }

  /// Derives the facts anew, and carries what changed to the graph and to those who asked.
  mutating func refresh(_ id: InstanceID, _ turn: inout Turn) {
    let rules = plan.rules(of: id)
    let old = instances[id.index].facts
    let new = instances[id.index].currentFacts(rules)
    arm(id, rules)
    guard old != new else { return }
    instances[id.index].facts = new
    count(old, new, of: id)
    // Before `ended`: an instance that was ready for a moment before its end has been started.
    if new.isSatisfied { noLongerAwaited(id, &turn) }
    if !old.isOver, new.isOver { ended(id, &turn) }
    if !old.isUnhealthy, new.isUnhealthy { fellIll(id, &turn) }
    answer(about: id, &turn)
  }

  private mutating func arm(_ id: InstanceID, _ rules: Rules) {
    let deadline = instances[id.index].nextDeadline(rules)
    guard deadline != instances[id.index].armed else { return }
    instances[id.index].armed = deadline
    if let deadline { deadlines.insert(Deadline(at: deadline, instance: id)) }
  }

  private mutating func deadlinePassed(_ turn: inout Turn) {
    // More than every instance can need, each of whose signals may be followed by the next at once.
    var patience = 64 * (instances.count + 1)
    while let entry = deadlines.first, entry.at <= turn.now {
      deadlines.popFirst()
      patience -= 1
      guard instances[entry.instance.index].armed == entry.at else { continue }
      instances[entry.instance.index].armed = nil
      feed(.timePassed, to: entry.instance, &turn)
      guard patience < 0, instances[entry.instance.index].armed == entry.at else { continue }
      // Nobody acts on it. PID 1 must not go round here for ever: it is dropped, and reported.
      instances[entry.instance.index].armed = nil
      unmovedDeadline = entry.instance
    }
    if case .underWay(let until) = shutdown.delivery, until <= turn.now {
      shutdown.delivery = .over
    }
    if let deadline = shutdown.deadline, deadline <= turn.now { shutdownDeadlinePassed(&turn) }
  }
}

/// What the whole is doing.
package enum Phase: Sendable, Equatable {
  case idle
  /// Starting, or started.
  case up
  /// Shutdown has begun; the stop hooks run, one after the other.
  case stopHooks
  case stopping
  /// All programs are down; the logger writes what it has.
  case flushing
  /// Whatever else is left below us is told to end.
  case sweeping
  case finished
}
