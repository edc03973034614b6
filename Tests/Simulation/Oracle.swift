import ProgramSpec
import SuperviseCore

/// A second, simpler model of the documented behavior. It knows the configuration, the events and
/// the effects; of the core's plan it knows only the names of the instances.
struct Oracle {
  /// Signals that clients of a history request; no stop begins with them.
  static let requested: [Signal] = [.user1, .hangUp]

  /// There are times at which PID 1 does not run.
  var mayBeLate = false
  var violations: [String] = []
  var configuration: Configuration
  /// The unit whose command runs in the foreground; nil: everything is supervised.
  private let foreground: String?
  private var live: [Int]
  private(set) var isShuttingDown = false
  var open: Set<AskID> = []
  /// When the last events were to be delivered to the listeners; nil: not yet.
  private(set) var deliveryAsked: Instant?
  private(set) var isDelivered = false
  private(set) var stopCommands: Set<Int> = []
  /// Spawns that have not been answered.
  private(set) var unanswered: Set<Int> = []
  /// Instances whose process SIGKILL does not end.
  private(set) var unkillable: Set<Int> = []
  var now = Instant.zero
  /// The event that is being handled; nil: the configuration changes.
  var current: Event?
  var cast: Cast
  /// By instance.
  var units: [UnitModel?] = []
  /// To be started as soon as the order allows.
  var wanted: Set<Int> = []
  /// The number of the request that wants it; 0: it starts by itself.
  var requests: [Int: Int] = [:]
  var requestCount = 0
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
  /// Of these, those that could start immediately.
  var launchedLast: Set<Int> = []
  /// Instances that were started during the present event because they were wanted.
  var started: Set<Int> = []
  /// What is done to instances before they are replaced.
  var farewells: [(instance: Int, deed: Deed)] = []
  /// By name.
  var crons: [String: CronModel] = [:]
  var haveCronsBegun = false
  var clock = WallClock(offset: 0)
  /// Places whose run has begun during the present event, and has no process yet.
  var firedRuns: Set<Int> = []
  /// Crons whose run is due at the present event, and has neither begun nor been left out.
  var dueCrons: [Int] = []
  /// Crons of which a run was jumped over during the present event.
  var missedRuns: Set<String> = []
  /// Nothing new goes wrong.
  var isCalm = false
  /// Instances that have not been settled since the calm began.
  var unsettled: Set<Int> = []

  init(_ configuration: Configuration, _ names: [Plan.Member], foreground: String? = nil) {
    self.configuration = configuration
    self.foreground = foreground
    live = Array(repeating: 0, count: names.count)
    cast = Cast(configuration, names)
    order = UnitOrder(cast)
    shutdown = ShutdownModel(configuration.supervisor)
    units = cast.members.indices.map { cast.unit(of: $0).map { UnitModel($0.work) } }
    replaceCrons(Array(units.indices), at: now)
  }

  /// Units or processes have come or gone.
  mutating func adopt(
    _ configuration: Configuration, _ names: [Plan.Member], at now: Instant
  ) {
    self.configuration = configuration
    while live.count < names.count { live.append(0) }
    replaceUnits(names, at: now)
  }

  // MARK: The simulated machine

  mutating func began(_ id: InstanceID, isUnkillable: Bool) {
    live[id.index] += 1
    if unanswered.remove(id.index) == nil { complain(id, "has a process that no spawn asked for") }
    if live[id.index] > 1 { complain(id, "two live processes") }
    if isUnkillable { unkillable.insert(id.index) }
  }

  mutating func spawnFailed(_ id: InstanceID) { unanswered.remove(id.index) }

  mutating func ended(_ id: InstanceID) { live[id.index] -= 1 }

  mutating func stopCommandEnded(_ id: InstanceID) { stopCommands.remove(id.index) }

  mutating func eventsDelivered() { isDelivered = true }

  /// A process that may not be signaled, or is abandoned, is no longer supervised.
  mutating func escaped(_ id: InstanceID) { live[id.index] -= 1 }

  // MARK: Effects

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
      sawReply(ask, .end)
      if open.remove(ask) == nil { violations.append("\(ask) was ended twice") }
    case .reply(let ask, let answer):
      if !open.contains(ask) { violations.append("\(ask) was answered after its end") }
      sawReply(ask, answer)
    case .probe, .cancelProbe, .killLeftovers, .abandonProcess, .flushOutput, .signalEverything,
      .finish, .beginAgain:
      break
    }
  }

  private mutating func checkSpawn(_ id: InstanceID, at now: Instant) {
    if !unanswered.insert(id.index).inserted { complain(id, "two spawns at one time") }
    if stopCommands.contains(id.index) { complain(id, "spawned beside its stop_command") }
    unkillable.remove(id.index)
  }

  // MARK: Journal

  private mutating func note(_ record: Record) {
    switch (record.instance, record.happening) {
    case (.some(let id), .moved(_, let to, _, let reason)):
      if to == .stopping { isStopOfRoll = reason == .rolling }
      moved(id, to: to, because: reason, at: record.at)
    case (.some(let id), .cron(.fired(let second))): fired(id, second, at: record.at)
    case (.some(let id), .cron(.skipped(let reason))): skipped(id, reason, at: record.at)
    case (_, .startStalled): startStalled(at: record.at)
    case (_, .startCompleted): startCompleted(at: record.at)
    case (_, .shutdownBegan(let cause)):
      began(cause, at: record.at)
      isShuttingDown = true
      wanted = []
      endCrons()
      for index in units.indices { units[index]?.retire(at: record.at) }
    case (_, .shutdownHurried):
      for index in units.indices { units[index]?.killNow(at: record.at) }
    case (_, _): break
    }
  }

  /// Chance decides when a restart is due, which may be one too many, and when a program is too
  /// old.
  private mutating func moved(
    _ id: InstanceID, to: StateName, because reason: Reason?, at now: Instant
  ) {
    guard case .program(var program) = units[id.index] else { return }
    if to == .fatal { program.gaveUp(at: now) }
    // By chance it may be too old at the time of another reason.
    if to == .stopping, case .maximumUptime = reason, program.mayBeOld(at: now) {
      program.nextCause = .maximumUptime
    }
    units[id.index] = .program(program)
  }

  // MARK: Helpers

  /// Whether signals to the supervisor are passed on to this instance, or, without one, to any.
  func isForeground(_ index: Int? = nil) -> Bool {
    guard let foreground else { return false }
    return index.map { cast.unit(of: $0)?.name == foreground } ?? true
  }

  func isCron(_ index: Int) -> Bool {
    guard case .cron = units[index] else { return false }
    return true
  }

  /// Since the begin, as in the transcript.
  var time: String { now.elapsed(since: SimulatedKernel.beginning).seconds }

  mutating func complain(_ id: InstanceID, _ what: String) {
    violations.append("at \(time): \(cast.members[id.index].name): \(what)")
  }

  func isStopHook(_ id: InstanceID) -> Bool {
    guard case .task(let task) = units[id.index] else { return false }
    return task.policy.stage == .stop
  }
}
