import Linux
import ProgramSpec
import Supervise
import SuperviseCore

/// PID 1 on a machine that does not exist: processes live and die, and checks end, as the scenario
/// has it. The core, the event loop and the queue of spawns are PID 1's own.
struct SimulatedKernel: ~Copyable, LoopOwner, CoreOwner {
  typealias Source = VirtualMachine.Channel

  struct Child {
    var instance: InstanceID
    var life: Life
    /// A signal that it obeys has been sent.
    var isDying = false
    /// SIGKILL has been sent.
    var isKilled = false
    /// It has ended, and waits to be reaped.
    var isZombie = false
    /// A signal to it was refused: it is nobody's any more.
    var isEscaped = false
    /// The core does not wait for its end any more.
    var isAbandoned = false

    /// It should not run at the end. PID 1 that is late may have no time left to reap what it has
    /// killed; the kernel ends those processes with the container.
    func isLeft(_ isLate: Bool) -> Bool {
      !life.isUnkillable && !isEscaped && !isZombie && !(isLate && isKilled)
    }
  }

  /// The time at which each history begins.
  static let beginning = Instant(nanoseconds: 1_000_000_000)
  private static let maxEvents = 200_000

  let scenario: Scenario
  var loop: EventLoop<Source, VirtualMachine>
  var spawnQueue = SpawnQueue()
  var events = EventQueue()
  var fleet: Fleet
  var oracle: Oracle
  var outcomes: OutcomeSource
  var occurrences = Occurrences()
  /// What is left of the configuration while groups are away.
  var active: Configuration
  var wallClock: WallClock
  var children: [Int32: Child] = [:]
  /// Ended processes, in the order of their ends.
  var zombies: [(pid: Int32, end: VirtualMachine.Planned.Kind)] = []
  /// Spawns whose command is being looked up.
  var lookups: [InstanceID: (serial: Int, life: Life)] = [:]
  var probes: [(instance: InstanceID, purpose: ProbePurpose, serial: Int)] = []
  var stopCommands: [InstanceID: Int] = [:]
  /// Requests that have not been answered to the end.
  var open: Set<UInt64> = []
  /// Only children keep the end from coming.
  var isSweeping = false
  var nextPid: Int32 = 2
  var nextSerial = 0
  private(set) var exitCode: Int32?
  private(set) var transcript: [String] = []
  /// Events that the core has handled.
  private(set) var eventCount = 0
  private var isUnsettled = false
  var isEnding = false
  private let keepsTranscript: Bool
  /// There are times at which PID 1 does not run.
  private let isEverLate: Bool

  init(_ scenario: Scenario, keepsTranscript: Bool) {
    self.scenario = scenario
    self.keepsTranscript = keepsTranscript
    let begin = SimulatedKernel.beginning
    let stalls = scenario.inputs.compactMap { input in
      if case .stall(let duration) = input.kind {
        let from = begin.advanced(by: input.at)
        return (from: from, until: from.advanced(by: duration))
      }
      return nil
    }
    loop = EventLoop(VirtualMachine(now: begin, stalls: stalls))
    active = scenario.configuration
    let plan = Plan(scenario.configuration, mode: scenario.mode)
    fleet = Fleet(plan, seed: scenario.coreSeed)
    oracle = Oracle(
      scenario.configuration, plan.members, foreground: scenario.foreground)
    oracle.mayBeLate = !stalls.isEmpty
    outcomes = OutcomeSource(scenario.outcomes)
    isEverLate = !stalls.isEmpty
    wallClock = scenario.wallClock
  }

  var machine: VirtualMachine { loop.backend }
  var now: Instant { machine.now }
  /// It has ended before it was brought to its end.
  var endedEarly: Bool {
    now < SimulatedKernel.beginning.advanced(by: scenario.storm + scenario.calm)
  }
  var hasFailed: Bool { !oracle.violations.isEmpty }

  /// The whole history: faults for a while, then calm, then the end, which is always checked.
  mutating func run() {
    for channel in VirtualMachine.Channel.allCases {
      do throws(Errno) { try loop.watch(channel.rawValue, channel) } catch {
        oracle.violations.append("cannot watch: \(error.message)")
      }
    }
    if scenario.foreground != nil { occurrences.insert(.injected(.foregroundMode)) }
    for input in scenario.inputs { machine.plan(.input(input.kind), after: input.at) }
    machine.plan(.calm, after: scenario.storm)
    if !scenario.settles { machine.plan(.ending, after: scenario.storm + scenario.calm) }
    setClock(wallClock)
    deliver(.began)
    runLoop()
    settle()
    occurrences.insert(outcomes.kinds)
    guard !hasFailed else { return }
    if exitCode == nil { oracle.violations.append("nothing happens any more") }
    let isLate = isEverLate
    let left = children.values.filter { $0.isLeft(isLate) }
    oracle.checkEnd(live: left.map(\.instance), fleet)
  }

  // MARK: the loop

  var isOver: Bool { exitCode != nil || hasFailed || machine.isIdle }
  var hasUnreaped: Bool { !zombies.isEmpty }
  var nextDeadline: Instant? { fleet.nextDeadline }

  mutating func finishIteration() { settle() }

  mutating func takeStopSignals() {
    while let next = machine.take(from: .stopSignals) {
      if case .signal(let signal) = next { deliver(.signalled(signal)) }
    }
  }

  mutating func handle(_ source: Source, _ event: Poller.Event) {
    switch source {
    case .timer:
      loop.timerFired()
      deliver(.deadlinePassed)
    case .stopSignals: lookForStopSignals(force: true)
    case .childSignals: while let end = machine.take(from: .childSignals) { becomeZombie(end) }
    case .others: if let next = machine.take(from: .others) { happen(next) }
    }
  }

  // MARK: the core

  mutating func decide(_ event: Event, into effects: inout [Effect]) {
    settle()
    note { $0.line(event) }
    occurrences.note(event)
    eventCount += 1
    if eventCount == SimulatedKernel.maxEvents {
      oracle.violations.append("\(eventCount) events, and no end")
    }
    oracle.heard(event, at: now)
    fleet.on(event, at: now, into: &effects)
    isUnsettled = true
  }

  /// After all effects of an event have been performed.
  mutating func settle() {
    guard isUnsettled else { return }
    isUnsettled = false
    for violation in fleet.violations() { oracle.violations.append(violation) }
    oracle.settled(fleet, at: now)
    if oracle.isSettled, scenario.settles { beginEnding() }
  }

  mutating func perform(_ effect: Effect) {
    note { "    → " + $0.line(effect) }
    occurrences.note(effect, fleet.plan)
    oracle.saw(effect, at: now)
    switch effect {
    case .spawn(let instance): spawnQueue.append(instance)
    case .cancelSpawn(let instance):
      spawnQueue.cancel(instance)
      lookups[instance] = nil
    case .signal(let instance, let signal, _): send(signal, to: instance)
    case .probe(let instance, let purpose): probe(instance, purpose)
    case .cancelProbe(let instance, let purpose): forgetProbe(instance, purpose)
    case .deliverEvents: deliverEvents()
    case .flushOutput: flushOutput()
    case .signalEverything(let signal, _): sweep(signal)
    case .finish(let code): exitCode = code
    case .beginAgain: exitCode = 0
    case .runStopCommand(let instance, _): runStopCommand(of: instance)
    case .endStopCommand(let instance): stopCommands[instance] = nil
    case .reply(let ask, .end): open.remove(ask.number)
    case .record(let record): witness(record)
    case .abandonProcess(let instance): abandonProcess(of: instance)
    case .killLeftovers, .reply: break
    }
  }

  mutating func adopt(_ plan: Plan, renewed: [InstanceID]) {
    perform { kernel, effects in
      kernel.fleet.adopt(plan, renewed: renewed, at: kernel.now, into: &effects)
      kernel.isUnsettled = true
    }
  }

  mutating func note(_ what: (TranscriptText) -> String) {
    guard keepsTranscript else { return }
    let time = now.elapsed(since: SimulatedKernel.beginning)
    transcript.append("\(time.seconds)  \(what(TranscriptText(fleet.plan)))")
  }
}
