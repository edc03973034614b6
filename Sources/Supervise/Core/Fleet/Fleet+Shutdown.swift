import ProgramSpec

/// How far the shutdown has come.
struct ShutdownProgress: Sendable, Equatable {
  var exitCode: Int32 = 0
  /// The next moment at which the shutdown itself has something to do.
  var deadline: Instant?
  /// When to say again what it waits for.
  var reminder: Instant?
  /// The deadline of the whole, from `shutdown_timeout`.
  var overall: Instant?
  /// Stop hooks that have not run yet, the next one last.
  var hooks: [InstanceID] = []
  var currentHook: InstanceID?
  /// In graph order: nodes that everything after them is down for.
  var free = PriorityQueue<NodeTurn>()
  /// In graph order: pools of event listeners, released once all else is down.
  var listeners: [NodeID] = []
  /// All else is down, so that listeners are stopped as soon as nothing that runs depends on them.
  var areListenersFree = false
  var delivery = EventDelivery.notAsked
  /// In serial order: groups that have not been stopped yet, the next one last.
  var groups: [PlannedGroup] = []
  /// The next one has been told to stop.
  var isGroupStopping = false
  var isHurried = false
  /// A reload: the end is a beginning.
  var beginsAgain = false

  var nextDeadline: Instant? { [deadline, reminder, delivery.limit].compactMap { $0 }.min() }
}

/// The last events on their way to the listeners, which are to read them before they are stopped.
enum EventDelivery: Sendable, Equatable {
  case notAsked
  /// A listener that does not answer is not waited for longer.
  case underWay(until: Instant)
  case over

  var limit: Instant? {
    guard case .underWay(let until) = self else { return nil }
    return until
  }
}

/// The way down: stop hooks, then programs against the order of their start, then the logger, then
/// whatever else is left. Every phase has an end of its own, so the whole has one.
extension Fleet {
  static let flushLimit = Duration.seconds(2)
  static let deliveryLimit = Duration.seconds(1)
  static let sweepGrace = Duration.seconds(3)
  /// How long SIGKILL may take to end a process before a step, or a shutdown, continues without it:
  /// a process that is frozen, waits uninterruptibly or has a tracer may never end.
  static let killLimit = Duration.seconds(5)
  /// The same after one more signal than the one that killed everything.
  static let shortKillLimit = Duration.seconds(1)
  /// supervisord says every three seconds what it waits for.
  static let reminderInterval = Duration.seconds(3)

  mutating func beginShutdown(_ cause: ShutdownCause, _ turn: inout Turn) {
    guard phase == .up else { return }
    phase = .stopHooks
    shutdown.exitCode = cause.exitCode
    shutdown.beginsAgain = cause == .reload
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .shutdownBegan(cause))))
    if plan.shutdown.timeout > .zero {
      shutdown.overall = turn.now.advanced(by: plan.shutdown.timeout)
      shutdown.deadline = turn.now.advanced(by: plan.shutdown.timeout - reserve)
    }
    refuseAsks(&turn)
    if cause.letsStopHooksRun { shutdown.hooks = stopHooks().reversed() }
    for index in instances.indices { abandon(InstanceID(index), &turn) }
  }

  private func stopHooks() -> [InstanceID] {
    instances.indices.filter { plan.stage(of: $0) == .stop }.map(InstanceID.init)
  }

  /// Nothing new is started, and nothing again; a step that is under way is ended.
  private mutating func abandon(_ id: InstanceID, _ turn: inout Turn) {
    instances[id.index].isWished = false
    feed(.retire, to: id, &turn)
  }

  private mutating func stopPrograms(_ turn: inout Turn) {
    phase = .stopping
    switch plan.shutdown.order {
    case .graph: findFreeNodes()
    case .serial:
      shutdown.groups = plan.groups
      // They are in no group, and nothing depends on them.
      for index in instances.indices where isCron(InstanceID(index)) {
        stop(InstanceID(index), &turn)
      }
    case .parallel: for index in instances.indices { stop(InstanceID(index), &turn) }
    }
  }

  mutating func stop(_ id: InstanceID, _ turn: inout Turn) {
    feed(.stop(shutdown.isHurried ? .hurried : .shutdown), to: id, &turn)
  }

  /// Takes the next step down, if it is time for one; false: there is something to wait for.
  mutating func advanceShutdown(_ turn: inout Turn) -> Bool {
    switch phase {
    case .idle, .up, .flushing, .sweeping, .finished: return false
    case .stopHooks: return advanceStopHooks(&turn)
    case .stopping:
      if releaseNextNode(&turn) || stopNextGroup(&turn) { return true }
      activeCount == 0 ? flush(&turn) : remind(&turn)
      return false
    }
  }

  private mutating func remind(_ turn: inout Turn) {
    guard turn.now >= shutdown.reminder ?? turn.now else { return }
    shutdown.reminder = turn.now.advanced(by: Fleet.reminderInterval)
    let awaited = instances.indices.filter { instances[$0].facts.isActive }.map(InstanceID.init)
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .deathsAwaited(awaited))))
  }

  private mutating func advanceStopHooks(_ turn: inout Turn) -> Bool {
    if let current = shutdown.currentHook {
      let facts = instances[current.index].facts
      guard !facts.isActive, !facts.isPending else { return false }
      takeCodeOfFailedHook(current)
    }
    shutdown.currentHook = shutdown.hooks.popLast()
    if let hook = shutdown.currentHook {
      feed(.start, to: hook, &turn)
    } else {
      stopPrograms(&turn)
    }
    return true
  }

  /// A stop hook that must not fail decides the exit code, where nothing else has.
  private mutating func takeCodeOfFailedHook(_ id: InstanceID) {
    guard case .task(let task) = instances[id.index].machine, task.state.name == .failed,
      case .task(let rules) = plan.rules(of: id), rules.onFailure == .abort,
      shutdown.exitCode == 0
    else { return }
    shutdown.exitCode = ShutdownCause.hookFailed(id, task.lastExit).exitCode
  }

  /// Strictly one group at a time, as supervisord does.
  private mutating func stopNextGroup(_ turn: inout Turn) -> Bool {
    guard let group = shutdown.groups.last else { return false }
    guard !shutdown.isGroupStopping else {
      guard group.members.allSatisfy({ !instances[$0.index].facts.isActive }) else { return false }
      shutdown.groups.removeLast()
      shutdown.isGroupStopping = false
      return true
    }
    guard !hasListener(group) || hasDeliveredEvents(&turn) else { return false }
    shutdown.isGroupStopping = true
    for member in group.members.reversed() { stop(member, &turn) }
    return true
  }

  /// A listener that does not run has nothing to be told, so nothing waits for it.
  private func hasListener(_ group: PlannedGroup) -> Bool {
    group.members.contains {
      plan.node(of: $0).isListener && instances[$0.index].facts.isActive
    }
  }

  mutating func flush(_ turn: inout Turn) {
    phase = .flushing
    shutdown.reminder = nil
    shutdown.delivery = .over
    turn.effects.append(.flushOutput)
    shutdown.deadline = bounded(turn.now.advanced(by: Fleet.flushLimit), leaving: reserve / 4)
  }

  mutating func outputFlushed(_ turn: inout Turn) {
    guard phase == .flushing else { return }
    phase = .sweeping
    turn.effects.append(.signalEverything(.terminate, isEnd: !shutdown.beginsAgain))
    shutdown.deadline = bounded(turn.now.advanced(by: Fleet.sweepGrace), leaving: .zero)
  }

  mutating func childless(_ turn: inout Turn) {
    guard phase == .sweeping else { return }
    finish(&turn)
  }

  /// Kept of `shutdown_timeout` for the last lines of the log: programs are killed before it is
  /// over.
  private var reserve: Duration { min(.seconds(1), plan.shutdown.timeout / 4) }

  private func bounded(_ instant: Instant, leaving rest: Duration) -> Instant {
    guard let overall = shutdown.overall else { return instant }
    let left = max(overall.elapsed(since: .zero) - rest, .zero)
    return min(Instant.zero.advanced(by: left), instant)
  }

  mutating func shutdownDeadlinePassed(_ turn: inout Turn) {
    switch phase {
    case .idle, .up, .finished: return
    case .stopHooks: hurry(&turn)
    case .stopping: shutdown.isHurried ? abandonProcesses(&turn) : hurry(&turn)
    case .flushing: outputFlushed(&turn)
    case .sweeping:
      turn.effects.append(.signalEverything(.kill, isEnd: !shutdown.beginsAgain))
      finish(&turn)
    }
  }

  /// A second signal, or the deadline: no more order and no more grace.
  mutating func hurry(_ turn: inout Turn) {
    if phase == .flushing || phase == .sweeping { return shutdownDeadlinePassed(&turn) }
    guard phase == .stopHooks || phase == .stopping else { return }
    guard !shutdown.isHurried else {
      let limit = turn.now.advanced(by: Fleet.shortKillLimit)
      shutdown.deadline = min(shutdown.deadline ?? limit, limit)
      return
    }
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .shutdownHurried)))
    shutdown.isHurried = true
    shutdown.deadline = bounded(turn.now.advanced(by: Fleet.killLimit), leaving: reserve / 2)
    shutdown.hooks = []
    shutdown.groups = []
    shutdown.free.removeAll()
    shutdown.listeners = []
    shutdown.delivery = .over
    phase = .stopping
    for index in instances.indices { stop(InstanceID(index), &turn) }
  }

  /// The time of the shutdown is over before that of the single processes. Nothing else would end
  /// them, so the shutdown continues without them.
  private mutating func abandonProcesses(_ turn: inout Turn) {
    let left = instances.indices.filter { instances[$0].facts.isActive }.map { index in
      AbandonedProcess(
        instance: InstanceID(index), pid: snapshot(of: InstanceID(index)).pid)
    }
    if !left.isEmpty {
      turn.effects.append(
        .record(Record(at: turn.now, instance: nil, happening: .processesAbandoned(left))))
    }
    answerFailedStops(&turn)
    flush(&turn)
  }

  private mutating func finish(_ turn: inout Turn) {
    phase = .finished
    shutdown.deadline = nil
    if shutdown.beginsAgain { return turn.effects.append(.beginAgain) }
    let code = shutdown.exitCode
    turn.effects.append(
      .record(Record(at: turn.now, instance: nil, happening: .finished(code: code))))
    turn.effects.append(.finish(code))
  }
}

extension ShutdownCause {
  /// A start that was broken off is not taken back by hooks that count on its being complete.
  fileprivate var letsStopHooksRun: Bool {
    switch self {
    case .signal, .asked, .reload, .exited, .fatal, .unhealthy: true
    case .waitTimedOut, .hookFailed, .commandNotStarted: false
    }
  }
}
