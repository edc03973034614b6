import ProgramSpec
import SuperviseCore

/// A second, simpler opinion: it sees only the configuration and the effects, and says what must
/// never be.
struct Oracle {
  /// Signals that clients of a history request; no stop begins with them.
  static let requested: [Signal] = [.user1, .hangUp]

  /// There are times at which PID 1 does not run, so that runs of crons may be missed.
  var mayBeLate = false
  var violations: [String] = []
  var configuration: Configuration
  private(set) var plan: Plan
  var live: [Int]
  private var escapees: Set<Int> = []
  /// Of each instance, since it came or was replaced.
  private var starts: [Int]
  private(set) var isShuttingDown = false
  var crons = CronWitness()
  /// Told to stop before the shutdown began, by hand or because they were not ready in time.
  var stoppedBefore: Set<Int> = []
  var isHurried = false
  var open: Set<AskID> = []
  /// When the listeners had to be told everything, and whether they have been.
  var deliveryAsked: Instant?
  var isDelivered = false
  private var stopCommands: Set<Int> = []
  /// Spawns that have not been answered.
  var unanswered: Set<Int> = []
  var now = Instant.zero
  /// The event that is being handled; nil: the configuration changes.
  var current: Event?
  var cast: Cast
  /// By instance.
  var units: [UnitModel?] = []
  /// To be started as soon as the order allows.
  var wanted: Set<Int> = []
  var order: UnitOrder
  var shutdown: ShutdownModel
  var stopHooksRun: Set<Int> = []
  /// Everything that starts by itself has been ready once.
  var isStartComplete = false
  /// Not ready yet, and the start is not complete before.
  var awaited: Set<Int> = []
  var hasBegun = false
  /// Rolling restarts: the first one is under way.
  var rolls: [RollModel] = []
  var asks: [AskModel] = []
  var restarts: [RestartModel] = []
  /// The stop that was reported last is part of a rolling restart.
  var isStopOfRoll = false
  /// Wanted by restarts during the present event.
  var wantedLast: Set<Int> = []
  /// What is done to instances before they are replaced.
  var farewells: [(instance: Int, deed: Deed)] = []

  init(_ configuration: Configuration, _ plan: Plan) {
    self.configuration = configuration
    self.plan = plan
    live = Array(repeating: 0, count: plan.members.count)
    starts = Array(repeating: 0, count: plan.members.count)
    cast = Cast(configuration, plan.members)
    order = UnitOrder(cast)
    shutdown = ShutdownModel(configuration.supervisor)
    units = cast.members.indices.map { cast.unit(of: $0).map { UnitModel($0.work) } }
  }

  /// Groups or crons have come or gone: what is told of the renewed begins anew.
  mutating func adopt(
    _ configuration: Configuration, _ plan: Plan, _ renewed: [InstanceID], at now: Instant
  ) {
    self.configuration = configuration
    self.plan = plan
    while live.count < plan.members.count {
      live.append(0)
      starts.append(0)
    }
    for id in renewed {
      starts[id.index] = 0
      escapees.remove(id.index)
      crons.runs[plan.members[id.index].node.index] = .init(since: now)
    }
    replaceUnits(renewed, plan.members, at: now)
  }

  mutating func began(_ id: InstanceID) {
    live[id.index] += 1
    if unanswered.remove(id.index) == nil { complain(id, "has a process that no spawn asked for") }
    if live[id.index] > 1 { complain(id, "two live processes") }
  }

  mutating func spawnFailed(_ id: InstanceID) { unanswered.remove(id.index) }

  mutating func ended(_ id: InstanceID) {
    live[id.index] -= 1
  }

  mutating func stopCommandEnded(_ id: InstanceID) { stopCommands.remove(id.index) }

  /// A process that may not be signalled is out of everybody's hands.
  mutating func escaped(_ id: InstanceID) {
    live[id.index] -= 1
    escapees.insert(id.index)
  }

  mutating func asked(_ ask: AskID, _ request: Request) {
    open.insert(ask)
    crons.wasAsked = true
  }

  /// The client has closed its connection and is owed no answer.
  mutating func hungUp(_ ask: AskID) { open.remove(ask) }

  mutating func saw(_ effect: Effect, at now: Instant) {
    self.now = now
    sawOfShutdown(effect, at: now)
    if let (index, deed) = Deed.of(effect) { did(deed, index, at: now) }
    switch effect {
    case .record(let record): note(record)
    case .spawn(let id): checkSpawn(id, at: now)
    case .cancelSpawn(let id):
      if unanswered.remove(id.index) == nil { complain(id, "cancelled without a spawn") }
    case .signal(let id, let signal, _):
      checkSignal(id, signal)
      checkListenerHasHeard(id, signal, at: now)
      if stopCommands.contains(id.index), signal != .kill, !Oracle.requested.contains(signal) {
        complain(id, "signalled while its stop_command was under way")
      }
    case .runStopCommand(let id, _):
      if live[id.index] == 0 { complain(id, "stop_command without a process") }
      if !stopCommands.insert(id.index).inserted { complain(id, "two stop commands") }
    case .endStopCommand(let id): stopCommands.remove(id.index)
    case .deliverEvents:
      if deliveryAsked != nil { violations.append("events were to be delivered twice") }
      deliveryAsked = now
    case .reply(let ask, .end):
      if open.remove(ask) == nil { violations.append("\(ask) was ended twice") }
    case .reply(let ask, _):
      if !open.contains(ask) { violations.append("\(ask) was answered after its end") }
    case .probe, .cancelProbe, .killLeftovers, .flushOutput, .signalEverything, .finish,
      .beginAgain:
      break
    }
  }

  /// The runs of crons are tasks too.
  func isTask(_ id: InstanceID) -> Bool {
    switch units[id.index] {
    case .task, .cron: true
    case .program, .wait, nil: false
    }
  }

  /// Every start of a program but the first one is counted, under one cause.
  private mutating func checkCounts(_ fleet: Fleet) {
    for index in plan.members.indices where !plan.members[index].isVacant {
      let id = InstanceID(index)
      guard let counts = fleet.snapshot(of: id).restartCounts else { continue }
      let spawns = starts[index]
      let counted = RestartCause.allCases.reduce(0) { $0 + counts[$1] }
      if spawns > 0, counted != spawns - 1 {
        complain(id, "\(counted) restarts counted of \(spawns) starts")
      }
    }
  }

  mutating func checkEnd(live left: [InstanceID], _ fleet: Fleet) {
    checkCounts(fleet)
    for id in left { complain(id, "still runs at the end") }
    for index in unanswered { complain(InstanceID(index), "still waits to be spawned at the end") }
    if !open.isEmpty { violations.append("\(open.count) were never answered") }
  }

  /// Every unit one after the other, each with all its signals, and all hooks before them.
  func longestShutdown() -> Duration {
    var sum = Duration.seconds(10)
    for member in plan.members {
      switch plan.nodes[member.node.index].rules {
      case .program(let rules):
        // EXTEND_TIMEOUT_USEC= may make each wait ten times as long.
        sum += rules.stop.steps.reduce(.seconds(2)) { $0 + $1.wait * 10 }
        if rules.hasStopCommand { sum += (rules.stop.steps.first?.wait ?? .zero) * 10 }
      case .task(let rules):
        // Without a limit of its own a hook takes as long as the weather lets it live.
        let limit = rules.timeout == .zero ? .seconds(62) : rules.timeout
        let once = limit + rules.grace + rules.retryDelay + .seconds(18)
        sum += once * (rules.retries + 1)
      case .cron(let rules): sum += rules.task.grace + .seconds(18)
      case .wait, .barrier: break
      }
    }
    return sum
  }

  func isCron(_ index: Int) -> Bool {
    guard case .cron = units[index] else { return false }
    return true
  }

  /// Since the begin, as in the transcript.
  var time: String { now.elapsed(since: SimulatedKernel.beginning).seconds }

  mutating func complain(_ id: InstanceID, _ what: String) {
    violations.append("at \(time): \(plan.members[id.index].displayName): \(what)")
  }

  private mutating func note(_ record: Record) {
    witness(record)
    switch (record.instance, record.happening) {
    case (.some(let id), .moved(let from, let to, _, let reason)):
      if to == .stopping { isStopOfRoll = reason == .rolling }
      moved(id, from, to, at: record.at)
    case (_, .startCompleted): startCompleted()
    case (_, .shutdownBegan(let cause)):
      began(cause, at: record.at)
      isShuttingDown = true
      wanted = []
      for index in units.indices { units[index]?.retire(at: record.at) }
    case (_, .shutdownHurried):
      isHurried = true
      for index in units.indices { units[index]?.killNow(at: record.at) }
    case (_, _): break
    }
  }

  private mutating func moved(
    _ id: InstanceID, _ from: StateName, _ to: StateName, at now: Instant
  ) {
    if to == .fatal, case .program(var program) = units[id.index] {
      program.gaveUp(at: now)
      units[id.index] = .program(program)
    }
    if to == .stopping, !isShuttingDown { stoppedBefore.insert(id.index) }
    if from == .stopping { stoppedBefore.remove(id.index) }
  }

  private mutating func checkSpawn(_ id: InstanceID, at now: Instant) {
    if isShuttingDown, !isStopHook(id) { complain(id, "spawned during shutdown") }
    if !unanswered.insert(id.index).inserted { complain(id, "two spawns at one time") }
    if stopCommands.contains(id.index) { complain(id, "spawned beside its stop_command") }
    starts[id.index] += 1
  }

  func isStopHook(_ id: InstanceID) -> Bool {
    guard case .task(let task) = units[id.index] else { return false }
    return task.policy.stage == .stop
  }

  mutating func eventsDelivered() { isDelivered = true }

  private mutating func checkSignal(_ id: InstanceID, _ signal: Signal) {
    guard isShuttingDown, !isHurried, configuration.supervisor.shutdownOrder == .graph,
      !Oracle.requested.contains(signal), !stoppedBefore.contains(id.index), !isTask(id)
    else { return }
    checkListenerIsLast(id)
  }
}
