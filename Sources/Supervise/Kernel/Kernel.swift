internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SafeText
internal import SuperviseCore

/// PID 1's loop: turns what Linux says into events of the core, and the core's effects into calls.
///
/// It decides nothing. All it holds is in these tables, so that the whole of it could be written
/// down and taken up again; and from `run` on no error ends it: what fails is said, and the loop
/// goes on.
struct Kernel: ~Copyable {
  /// What a descriptor that the loop waits for is about.
  enum Source: Equatable {
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
    /// A place of the main log for which lines wait, by its index.
    case mainLog(Int)
    /// The pipe to the logger, while lines of the journal wait for it.
    case journal
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
  var loop: EventLoop<Source, SystemBackend>
  /// There are crons.
  var tellsWallClock = false
  var wallClockWatch: Int32?
  let signals: SignalInbox

  var children = ChildTable()
  var memory = OutOfMemoryWatch()
  /// Children have ended that the last wake-up did not get to.
  var hasUnreaped = false
  /// Of lines about processes that programs have orphaned, which come at any rate.
  var orphanLines = LineLimit()
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
  var listeners: [Listener] = []
  var eventSource = EventSource()
  /// The shutdown waits for the events role to say that its listeners have read everything.
  var isDeliveringEvents = false
  var clearings: [LogClearing] = []
  var nextClearing: UInt32 = 1
  var logReadings = LogReadings()
  var pidFile: PidFile?
  var mainLogStream: Int?
  var sharedSockets = SharedSockets(hasPredecessor: Boot.isAgain, at: Kernel.now)
  var inputs = InputTable()
  var probes = ProbeTable()
  var ledger = Ledger()
  var scrapes: [Scrape] = []
  var epoch = EpochClock()
  var notifications = NotificationSockets()
  var announcements = AnnouncementLimit()
  var mainProcesses = MainProcesses()
  var readinessPipes = ReadinessPipes()
  /// Whose the terminal was before the foreground command got it.
  let terminalOwner = Linux.terminalOwner()
  /// What every program reads from: open for ever, and never written to.
  let silentInput: (read: Int32, write: Int32)

  var journal: Journal
  /// The pipe to the logger, for the journal's file; nil: there is no file.
  var journalOutlet: LineOutlet?
  var journalRenderer: JournalRenderer
  var narrator: Narrator
  var control: ControlSocket?
  var acceptance = Acceptance()
  var clients: [ControlClient] = []
  /// Of connections that have ended, and of sockets that programs share.
  var closers = DescriptorClosers()
  var changes = PendingChanges()
  /// Somebody's answer is complete, or waits to be fetched: seen to between two events, and never
  /// while one is answered.
  var clientsHaveChanged = false
  var nextAsk: UInt64 = 1
  var events = EventQueue()
  var buffer = readBuffer(size: 64 << 10)
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
    let backend: SystemBackend
    let silentInput: (read: Int32, write: Int32)

    static func acquire(for boot: Boot) throws(Errno) -> Resources {
      let stops = Supervisor.usualStops + boot.configuration.supervisor.shutdownSignals
      let signals = try SignalInbox.open(stops: stops, forwardsAll: boot.mode != .everything)
      let backend = try SystemBackend()
      return Resources(signals: signals, backend: backend, silentInput: try makePipe())
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
    loop = EventLoop(resources.backend)
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
    try watch(loop.backend.timerDescriptor, .timer)
  }

  /// Runs until the core says how it ends.
  mutating func run() -> Outcome {
    renewAutomaticLogs()
    announceGroups()
    if fleet.plan.hasCrons { beginWallClock() }
    deliver(.began)
    runLoop()
    return outcome ?? .exit(0)
  }

  @discardableResult
  mutating func watch(_ descriptor: Int32, _ source: Source) throws(Errno) -> Token {
    try loop.watch(descriptor, source)
  }

  /// What the loop waits for from now on.
  mutating func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) {
    loop.change(descriptor, interest, token)
  }

  /// Events of it that are already on their way will be dropped.
  mutating func unwatch(_ descriptor: Int32, _ token: Token) { loop.unwatch(descriptor, token) }
}
