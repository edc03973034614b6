import ProgramSpec
import SuperviseCore

/// A machine that does not exist: a clock that jumps from event to event, and processes that live
/// and die as the weather has it. It runs the very core that PID 1 runs.
struct SimulatedKernel {
  struct Child {
    var instance: InstanceID
    var obeys: Bool
    var obeysAfter: Duration
    var isDying = false
    /// Frozen, or in an uninterruptible wait: nothing ends it, SIGKILL included.
    var isUnkillable = false
  }

  struct Planned {
    var at: Instant
    var order: Int
    var event: Planned.Kind

    enum Kind {
      case spawns(InstanceID, serial: Int)
      case dies(pid: Int32, ExitStatus)
      case setUpFails(pid: Int32)
      case answers(InstanceID, ProbePurpose, serial: Int, Verdict)
      case announces(InstanceID)
      case notifies(pid: Int32, Notification)
      case outgrows(pid: Int32)
      case stopCommandEnds(InstanceID, serial: Int, Verdict)
      case happens(Event)
    }
  }

  var fleet: Fleet
  private(set) var now = Instant(nanoseconds: 1_000_000_000)
  var oracle: Oracle
  private(set) var transcript: [String] = []
  private(set) var exitCode: Int32?
  let configuration: Configuration
  let names: ChangeableNames
  /// What is left of it while groups are away.
  var active: Configuration
  var random: RandomSource
  var weather: Weather
  var children: [Int32: Child] = [:]
  /// Spawns that wait in the queue, each with the serial number of its planned event.
  var queuedSpawns: [InstanceID: Int] = [:]
  private var planned: [Planned] = []
  var probes: [InstanceID: Int] = [:]
  var wallClock: WallClock
  var stopCommands: [InstanceID: Int] = [:]
  var nextPid: Int32 = 2
  var order = 0
  private var orphans = false
  private var steps = 0
  private let keepsTranscript: Bool

  /// `unkillable` is the chance in a hundred that nothing ends a process.
  init(seed: UInt64, unkillable: UInt64 = 0, keepsTranscript: Bool) {
    var random = RandomSource(seed: seed)
    let configuration = RandomConfiguration.draw(&random)
    var weather = Weather(&random)
    weather.unkillable = unkillable
    self.init(configuration, weather, random, keepsTranscript: keepsTranscript)
  }

  init(
    _ configuration: Configuration, _ weather: Weather, _ random: RandomSource,
    keepsTranscript: Bool
  ) {
    self.keepsTranscript = keepsTranscript
    self.configuration = configuration
    names = ChangeableNames(configuration)
    active = configuration
    self.weather = weather
    self.random = random
    let plan = Plan(configuration)
    fleet = Fleet(plan, seed: 1)
    oracle = Oracle(configuration, plan)
    orphans = weather.leavesOrphans
    wallClock = SimulatedKernel.clock(&self.random, at: now)
  }

  /// Safety: bad weather for a while. Then liveness: the weather stops, a signal comes, and all
  /// must end within the sum of its limits.
  mutating func run() {
    setClock(wallClock)
    deliver(.began)
    let storm = now.advanced(by: .seconds(Int64(random.upTo(120))))
    // Where each change brings the next event, time would hardly pass.
    while steps < 10_000, step(until: storm) {
      sometimesAsk()
      sometimesChange()
      sometimesSetClock()
      sometimesScale()
    }
    now = max(now, storm)
    guard exitCode == nil else { return }
    if weather.reloads {
      order += 1
      oracle.asked(AskID(UInt64(order)), .reload)
      deliver(.asked(AskID(UInt64(order)), .reload))
    } else {
      deliver(.signalled(.terminate))
    }
    if weather.hurries, random.upTo(1) == 0 { deliver(.signalled(.interrupt)) }
    var limit = now.advanced(by: oracle.longestShutdown())
    if weather.unkillable > 0 { limit = limit.advanced(by: insist()) }
    while step(until: limit) {}
    if exitCode == nil { oracle.violations.append("the shutdown did not end in time") }
    oracle.checkEnd(live: children.values.filter { !$0.isUnkillable }.map(\.instance), fleet)
  }

  /// Two more signals: the first one may only turn a reload into the end. Returns how long the
  /// shutdown may take because of them.
  private mutating func insist() -> Duration {
    for seconds: UInt64 in [20, 40] {
      let delay = Duration.seconds(20) + random.duration(upToMilliseconds: seconds * 1000)
      plan(.happens(.signalled(.terminate)), after: delay)
    }
    return .seconds(70)
  }

  var hasFailed: Bool { !oracle.violations.isEmpty }
  var summary: String { "\(weather)\n" + transcript.joined(separator: "\n") }

  /// The next thing that happens before `limit`; false: nothing does, or all is over.
  private mutating func step(until limit: Instant) -> Bool {
    guard exitCode == nil, oracle.violations.isEmpty, steps < 200_000 else { return false }
    steps += 1
    let next = planned.indices.min {
      (planned[$0].at, planned[$0].order) < (planned[$1].at, planned[$1].order)
    }
    let event = next.map { planned[$0] }
    let timer = fleet.nextDeadline
    if let event, timer.map({ event.at <= $0 }) ?? true, event.at <= limit {
      next.map { _ = planned.remove(at: $0) }
      now = max(now, event.at)
      happen(event.event)
      return true
    }
    guard let timer, timer <= limit else { return false }
    now = max(now, timer)
    deliver(.deadlinePassed)
    return true
  }

  private mutating func happen(_ kind: Planned.Kind) {
    switch kind {
    case .happens(let event):
      if event == .eventsDelivered { oracle.eventsDelivered() }
      deliver(event)
    case .spawns(let instance, let serial):
      guard queuedSpawns[instance] == serial else { return }
      queuedSpawns[instance] = nil
      deliver(spawnNow(instance))
    case .announces(let instance): deliver(.announcedReadiness(instance))
    case .notifies(let pid, let notification): notify(pid, notification)
    case .outgrows(let pid):
      guard let child = children[pid] else { return }
      deliver(.outgrew(child.instance, bytes: 1 << 30))
    case .stopCommandEnds(let instance, let serial, let verdict):
      guard stopCommands[instance] == serial else { return }
      stopCommands[instance] = nil
      oracle.stopCommandEnded(instance)
      deliver(.stopCommandEnded(instance, verdict))
    case .answers(let instance, let purpose, let serial, let verdict):
      guard probes[instance] == serial else { return }
      probes[instance] = nil
      deliver(.probed(instance, purpose, verdict))
    case .dies(let pid, let status):
      guard children[pid]?.isUnkillable != true, let child = children.removeValue(forKey: pid)
      else { return }
      oracle.ended(child.instance)
      deliver(.exited(child.instance, status))
    case .setUpFails(let pid):
      guard let child = children.removeValue(forKey: pid) else { return }
      oracle.ended(child.instance)
      deliver(.spawnFailed(child.instance, SpawnFailure(kind: .other, text: "couldn't exec")))
    }
  }

  mutating func deliver(_ event: Event) {
    note { $0.line(event) }
    oracle.heard(event, at: now)
    var effects: [Effect] = []
    fleet.on(event, at: now, into: &effects)
    settle(effects)
  }

  mutating func settle(_ effects: [Effect]) {
    for violation in fleet.violations() { oracle.violations.append(violation) }
    if steps % 16 == 0 { oracle.checkWaiting(fleet) }
    var events: [Event] = []
    for effect in effects { events += perform(effect) }
    oracle.settled(fleet, at: now)
    while !events.isEmpty {
      let next = events.removeFirst()
      note { $0.line(next) }
      oracle.heard(next, at: now)
      var effects: [Effect] = []
      fleet.on(next, at: now, into: &effects)
      for violation in fleet.violations() { oracle.violations.append(violation) }
      for effect in effects { events += perform(effect) }
      oracle.settled(fleet, at: now)
    }
  }

  mutating func note(_ what: (TranscriptText) -> String) {
    guard keepsTranscript else { return }
    transcript.append("\(Double(now.nanoseconds) / 1e9)  \(what(TranscriptText(fleet.plan)))")
  }

  private mutating func perform(_ effect: Effect) -> [Event] {
    note { "    → " + $0.line(effect) }
    oracle.saw(effect, at: now)
    switch effect {
    case .spawn(let instance): spawn(instance)
    case .cancelSpawn(let instance): queuedSpawns[instance] = nil
    case .signal(let instance, let signal, _): return send(signal, to: instance)
    case .probe(let instance, let purpose): return probe(instance, purpose)
    case .cancelProbe(let instance, _): probes[instance] = nil
    case .deliverEvents: plan(delivery: random.duration(upToMilliseconds: 1500))
    case .flushOutput: plan(.happens(.outputFlushed), after: .milliseconds(3))
    case .signalEverything(let signal, _):
      if !orphans || signal == .kill { plan(.happens(.childless), after: .milliseconds(1)) }
    case .finish(let code): exitCode = code
    case .beginAgain: exitCode = 0
    case .runStopCommand(let instance, _): stopCommand(of: instance)
    case .endStopCommand(let instance): stopCommands[instance] = nil
    case .killLeftovers, .record, .reply: break
    }
    return []
  }

  /// A listener that does not answer keeps the events role from ever saying so.
  private mutating func plan(delivery delay: Duration) {
    guard !random.chance(weather.listenerHangs) else { return }
    plan(.happens(.eventsDelivered), after: delay)
  }

  private mutating func send(_ signal: Signal, to instance: InstanceID) -> [Event] {
    guard let pid = children.first(where: { $0.value.instance == instance })?.key,
      let child = children[pid]
    else { return [] }
    if signal != .kill, random.chance(weather.signalRefused), !oracle.isTask(instance) {
      children[pid] = nil
      oracle.escaped(instance)
      return [.signalRefused(instance, error: "EPERM")]
    }
    obey(signal, pid, child)
    return []
  }

  mutating func obey(_ signal: Signal, _ pid: Int32, _ child: Child) {
    let isFatal = (signal == .kill || child.obeys) && !child.isUnkillable
    guard isFatal, !child.isDying || signal == .kill else { return }
    children[pid]?.isDying = true
    let delay = signal == .kill ? Duration.milliseconds(1) : child.obeysAfter
    plan(.dies(pid: pid, .signal(signal.number, coreDumped: false)), after: delay)
  }

  mutating func plan(_ event: Planned.Kind, after delay: Duration) {
    order += 1
    planned.append(Planned(at: now.advanced(by: delay), order: order, event: event))
  }
}
