internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// PID 1's loop: turns what Linux says into events of the core, and the core's effects into calls.
///
/// It decides nothing. All it holds is in these tables, so that the whole of it could be written
/// down and taken up again; and from `run` on no error ends it: what fails is said, and the loop
/// goes on.
struct Kernel: ~Copyable {
  /// What a descriptor that the loop waits for is about.
  enum Source: Equatable {
    case vacant
    /// Signals that begin a shutdown, and all others.
    case stopSignals
    case signals
    case timer
    /// The clock on the wall has been set.
    case wallClock
    case control
    case client
    case helper(HelperKind)
    /// A socket that the gateway serves.
    case connection
    case input(InstanceID)
    /// A program's `ready=fd:N`.
    case readiness(InstanceID, Int32)
    /// A main process that a program has named by itself.
    case mainProcess(InstanceID)
  }

  /// What is active: groups may have come and gone since it was read.
  var configuration: Configuration
  /// As it was last read.
  var available: Configuration
  /// Groups that came along with another one since then.
  var companions: Set<String> = []
  var source: ConfigurationSource?
  /// As the command line has it, without what `scale` has changed since: a reload reads this.
  let originalSource: ConfigurationSource?
  /// What the reader has recorded for the reload that is under way.
  var recordForReload: Int32?
  var trials: [ConfigurationTrial] = []
  var scalings: [PendingScaling] = []
  var fleet: Fleet
  var poller: Poller
  let timer: Timer
  /// There are crons.
  var tellsWallClock = false
  var wallClockWatch: Int32?
  let signals: SignalInbox
  /// When PID 1 last looked for signals that begin a shutdown.
  var lookedForStopsAt = Instant.zero
  var registrations = DeferredRegistrations()
  var sources: [(source: Source, generation: UInt32)] = []
  var vacancies: [Int] = []

  var children = ChildTable()
  var memory = OutOfMemoryWatch()
  /// Children have ended that the last wake-up did not get to.
  var hasUnreaped = false
  var spawnQueue = SpawnQueue()
  var launches: [InstanceID: Launch] = [:]
  var reports = SpawnReports()
  var recipes: Recipes
  var lookup = HostLookup()
  var output: OutputTable
  var helpers = Helpers()
  var connections = ConnectionWatch()
  /// The gateway's.
  var servers: [ServerSocket] = []
  /// Of the unix sockets we listen on, by their paths: whether one is still ours.
  var socketInodes: [String: UInt64] = [:]
  var listeners: [Listener] = []
  var eventSource = EventSource()
  /// The shutdown waits for the events role to say that its listeners have read everything.
  var isDeliveringEvents = false
  var clearings: [LogClearing] = []
  var nextClearing: UInt32 = 1
  var logReadings = LogReadings()
  var pidFile: PidFile?
  var mainLogStream: Int?
  var sharedSockets = SharedSockets()
  var inputs = InputTable()
  var probes = ProbeTable()
  var ledger = Ledger()
  var scrapes: [Scrape] = []
  var epoch = EpochClock()
  var notifications = NotificationSockets()
  var mainProcesses = MainProcesses()
  var readinessPipes = ReadinessPipes()
  /// Whose the terminal was before the foreground command got it.
  let terminalOwner = Linux.terminalOwner()
  /// What every program reads from: open for ever, and never written to.
  let silentInput: (read: Int32, write: Int32)

  var journal: Journal
  var journalStream: Int?
  /// The end of a line for which its pipe had no room.
  var unsentJournal: ArraySlice<UInt8> = []
  var journalRenderer: JournalRenderer
  var narrator: Narrator
  var control: (path: String, descriptor: Int32)?
  var acceptance = Acceptance()
  var clients: [ControlClient] = []
  var changes = PendingChanges()
  /// Somebody's answer is complete, or waits to be fetched: seen to between two events, and never
  /// while one is answered.
  var clientsHaveChanged = false
  var nextAsk: UInt64 = 1
  var pending: [Event] = []
  var effects: [Effect] = []
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  var armed: Instant?
  var outcome: Outcome?
  var isSweeping = false

  static var now: Instant { Instant(nanoseconds: monotonicNanoseconds()) }

  /// How the loop ends.
  enum Outcome: Equatable {
    case exit(Int32)
    case beginAgain
  }

  /// What the machine may refuse, all of it before there is a kernel.
  struct Resources: ~Copyable {
    let signals: SignalInbox
    let timer: Timer
    let poller: Poller
    let silentInput: (read: Int32, write: Int32)

    static func acquire(for boot: Boot) throws(Errno) -> Resources {
      let stops = Supervisor.usualStops + boot.configuration.supervisor.shutdownSignals
      let signals = try SignalInbox.open(stops: stops, forwardsAll: boot.mode != .everything)
      let timer = try Timer()
      let poller = try Poller()
      return Resources(
        signals: signals, timer: timer, poller: poller, silentInput: try makePipe())
    }
  }

  init(_ boot: Boot, _ resources: consuming Resources) {
    configuration = boot.configuration
    available = boot.configuration
    source = boot.source
    originalSource = boot.source
    let plan = Plan(boot.configuration, mode: boot.mode)
    let now = Kernel.now
    fleet = Fleet(plan, seed: now.nanoseconds)
    silentInput = resources.silentInput
    signals = resources.signals
    timer = resources.timer
    poller = resources.poller
    recipes = Recipes(
      boot.configuration, environment: boot.environment, facts: boot.facts)
    output = OutputTable(boot.configuration.supervisor, copies: boot.outputCopies)
    journal = Journal(beganAt: now, wallTime: .now())
    journalRenderer = JournalRenderer(plan: plan, beganAt: now)
    narrator = Narrator(
      plan, MainLog(level: boot.narration, console: boot.console),
      isSupervisord: boot.isSupervisord)
  }

  mutating func listenToTheMachine() throws(Errno) {
    try watch(signals.stopDescriptor, .stopSignals)
    try watch(signals.otherDescriptor, .signals)
    try watch(timer.raw, .timer)
  }

  /// Runs until the core says how it ends.
  mutating func run() -> Outcome {
    renewAutomaticLogs()
    announceGroups()
    if fleet.plan.hasCrons { beginWallClock() }
    deliver(.began)
    while true {
      launchQueued()
      if !scalings.isEmpty { finishScalings() }
      if clientsHaveChanged { updateClients() }
      if let outcome { return outcome }
      let patience = arm()
      let count = (try? poller.wait(milliseconds: hasUnfinishedWork ? 0 : patience)) ?? 0
      handle(count)
      if hasUnreaped, outcome == nil { reapChildren() }
    }
  }

  /// The budget of a wake-up left something over, so the next wait returns immediately.
  private var hasUnfinishedWork: Bool { !spawnQueue.isEmpty || hasUnreaped }

  /// The events of one wait: first the signals that begin a shutdown, and again after each event
  /// that took long.
  private mutating func handle(_ count: Int) {
    if count == Poller.batch || hasUnfinishedWork { takeStopSignals() }
    for index in 0..<count where outcome == nil {
      lookForStopSignals()
      handle(poller.event(index))
    }
  }

  /// One timer for everything; only touched when the next deadline has moved. Where the timer
  /// cannot be set, the next wait has a limit, in milliseconds, and the timer is tried again then.
  private mutating func arm() -> Int32? {
    let deadline = [
      fleet.nextDeadline, nextHelperDeadline, nextRoleDeadline, scrapes.first?.deadline,
      registrations.dueAt, acceptance.pausedUntil, nextClientDeadline, lookup.deadline,
      sharedSockets.nextDeadline,
    ].compactMap { $0 }.min()
    guard deadline != armed else { return nil }
    do throws(Errno) { try timer.arm(at: deadline?.nanoseconds) } catch { return 100 }
    armed = deadline
    return nil
  }

  private mutating func handle(_ event: Poller.Event) {
    let slot = Int(event.token.slot)
    guard slot < sources.count, sources[slot].generation == event.token.generation else { return }
    switch sources[slot].source {
    case .vacant: break
    case .stopSignals: takeStopSignals()
    case .signals: takeOtherSignals()
    case .timer: timerFired()
    case .wallClock: wallClockWasSet()
    case .control: acceptClients()
    case .client: serve(event)
    case .helper(let kind): talk(to: kind)
    case .mainProcess(let id): mainProcessEnded(id)
    case .connection: connectionArrived()
    case .input(let id): inputTakesMore(id, event.token)
    case .readiness(let instance, let descriptor):
      readinessChanged(instance, descriptor, event.token)
    }
  }

  private mutating func timerFired() {
    timer.drain()
    armed = nil
    registrations.repeatDue(in: poller, at: Kernel.now)
    startDueHelpers()
    resumeAccepting()
    abandonLateLookup()
    abandonLateSockets()
    flushDelayedClients()
    checkRoles()
    finishScrapes(dueAt: Kernel.now)
    noticeUnwatchedClock()
    deliver(.deadlinePassed)
  }

  @discardableResult
  mutating func watch(_ descriptor: Int32, _ source: Source) throws(Errno) -> Token {
    let slot = vacancies.popLast() ?? sources.count
    if slot == sources.count { sources.append((.vacant, 0)) }
    sources[slot] = (source, sources[slot].generation &+ 1)
    let token = Token(slot: UInt32(slot), generation: sources[slot].generation)
    do throws(Errno) {
      try registrations.add(descriptor, token, to: poller, at: Kernel.now)
    } catch {
      forget(token)
      throw error
    }
    return token
  }

  /// What the loop waits for from now on.
  mutating func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) {
    registrations.change(descriptor, interest, token, in: poller, at: Kernel.now)
  }

  /// Events of it that are already on their way will be dropped.
  mutating func unwatch(_ descriptor: Int32, _ token: Token) {
    poller.remove(descriptor)
    forget(token)
  }

  private mutating func forget(_ token: Token) {
    registrations.forget(token)
    let slot = Int(token.slot)
    sources[slot] = (.vacant, sources[slot].generation &+ 1)
    vacancies.append(slot)
  }
}
