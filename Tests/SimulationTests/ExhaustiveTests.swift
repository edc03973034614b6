import ProgramSpec
import SuperviseCore
import Testing

/// One program, or one cron, every sequence of things that can happen to it, to a depth: no
/// violation, at most one process, and an end that comes.
@Suite struct ExhaustiveTests {
  enum Stimulus {
    case launches, timePasses, exitsWell, exitsBadly, isKilled, setUpFails, announces, start, stop,
      refused
    case terminate
    case notifies(Notification)
    /// The clock on the wall, by less than three hours and by more.
    case putForward, putBack, putFarBack

    static let ofProgram: [Stimulus] = [
      .launches, .timePasses, .exitsWell, .exitsBadly, .isKilled, .setUpFails, .announces, .start,
      .stop,
      .refused, .terminate,
    ]
    static let ofNotifyingProgram: [Stimulus] = [
      .timePasses, .exitsBadly, .announces, .stop, .terminate, .notifies(.ready),
      .notifies(.stopping), .notifies(.extendTimeout(.seconds(30))), .notifies(.watchdog),
      .notifies(.watchdogTriggered), .notifies(.watchdogInterval(.seconds(7))),
      .notifies(.mainProcess(70)),
    ]
    static let ofCron: [Stimulus] = [
      .launches, .timePasses, .exitsWell, .exitsBadly, .setUpFails, .start, .stop, .terminate,
      .putForward,
      .putBack, .putFarBack,
    ]
  }

  struct World {
    var fleet: Fleet
    var stimuli = Stimulus.ofProgram
    var now = Instant.zero
    var wall = WallClock(offset: 0)
    var pid: Int32?
    /// Whether a spawn waits until it is launched; else it is answered at once.
    var queues = false
    var isQueued = false
    var nextPid: Int32 = 2
    var nextAsk: UInt64 = 1
    var isOver = false
  }

  static let depth = 6

  @Test(arguments: [Readiness.running, .notify], [false, true])
  func everySequence(_ readiness: Readiness, _ queues: Bool) throws {
    var program = Program(processes: [
      Process(
        name: "p", group: "p", number: 0, commandLine: "p", execution: Execution(arguments: ["p"]))
    ])
    program.readiness = readiness
    program.restart.startRetries = 1
    program.restart.plannedExitCodes = [0]
    var configuration = Configuration()
    configuration.units = [Unit(name: "p", work: .program(program))]
    var world = World(fleet: Fleet(Plan(configuration), seed: 1))
    world.queues = queues
    try deliver(.began, to: &world)
    var count = 0
    try explore(world, depth: ExhaustiveTests.depth, &count)
    #expect(count > 30_000)
  }

  @Test func everySequenceOfANotifyingProgram() throws {
    var program = Program(processes: [
      Process(
        name: "p", group: "p", number: 0, commandLine: "p", execution: Execution(arguments: ["p"]))
    ])
    program.readiness = .notify
    program.watchdog = .seconds(10)
    var configuration = Configuration()
    configuration.units = [Unit(name: "p", work: .program(program))]
    var world = World(
      fleet: Fleet(Plan(configuration), seed: 1), stimuli: Stimulus.ofNotifyingProgram)
    try deliver(.began, to: &world)
    var count = 0
    try explore(world, depth: ExhaustiveTests.depth - 1, &count)
    #expect(count > 50_000)
  }

  @Test(
    arguments: [Cron.Overlap.skip, .queue], ["*/10 * * * * *", "0,10 0-59 0-12 * * *", "@every 7s"])
  func everySequenceOfACron(_ overlap: Cron.Overlap, _ schedule: String) throws {
    for queues in [false, true] { try explore(overlap, schedule, queues) }
  }

  private func explore(_ overlap: Cron.Overlap, _ schedule: String, _ queues: Bool) throws {
    var cron = Cron(
      execution: Execution(arguments: ["p"]), schedule: try Schedule.parse(schedule).inZone(.utc))
    cron.overlap = overlap
    cron.retries = 1
    cron.timeout = .seconds(15)
    var configuration = Configuration()
    configuration.units = [Unit(name: "p", work: .cron(cron))]
    var world = World(fleet: Fleet(Plan(configuration), seed: 1), stimuli: Stimulus.ofCron)
    world.queues = queues
    try deliver(.clockSet(world.wall), to: &world)
    try deliver(.began, to: &world)
    var count = 0
    try explore(world, depth: ExhaustiveTests.depth - 1, &count)
    #expect(count > 5000)
  }

  private func explore(_ world: World, depth: Int, _ count: inout Int) throws {
    count += 1
    guard depth > 0, !world.isOver else { return }
    for stimulus in world.stimuli {
      var next = world
      guard try apply(stimulus, to: &next) else { continue }
      try explore(next, depth: depth - 1, &count)
    }
  }

  /// False where it cannot happen now.
  private func apply(_ stimulus: Stimulus, to world: inout World) throws -> Bool {
    let id = InstanceID(0)
    switch stimulus {
    case .launches:
      guard world.isQueued else { return false }
      world.isQueued = false
      try deliver(launch(id, &world), to: &world)
    case .timePasses:
      guard let deadline = world.fleet.nextDeadline else { return false }
      world.now = max(world.now, deadline)
      try deliver(.deadlinePassed, to: &world)
    case .exitsWell: return try end(.exited(id, .code(0)), &world)
    case .exitsBadly: return try end(.exited(id, .code(1)), &world)
    case .isKilled: return try end(.exited(id, .signal(9, coreDumped: false)), &world)
    case .setUpFails:
      return try end(.spawnFailed(id, SpawnFailure(kind: .other, text: "couldn't exec")), &world)
    case .announces: try deliver(.announcedReadiness(id), to: &world)
    case .start: try ask(.start(["p"], crons: true), &world)
    case .stop: try ask(.stop(["p"], crons: true), &world)
    case .putForward: try putClock(by: 3600, &world)
    case .putBack: try putClock(by: -95, &world)
    case .putFarBack: try putClock(by: -5 * 3600, &world)
    case .refused:
      guard world.pid != nil else { return false }
      try deliver(.signalRefused(id, error: "EPERM"), to: &world)
    case .terminate: try deliver(.signalled(.terminate), to: &world)
    case .notifies(let notification): try deliver(.notified(id, notification), to: &world)
    }
    return true
  }

  private func putClock(by seconds: Int64, _ world: inout World) throws {
    world.wall.offset += seconds * 1_000_000_000
    try deliver(.clockSet(world.wall), to: &world)
  }

  private func end(_ event: Event, _ world: inout World) throws -> Bool {
    guard world.pid != nil else { return false }
    world.pid = nil
    try deliver(event, to: &world)
    return true
  }

  private func ask(_ request: Request, _ world: inout World) throws {
    world.nextAsk += 1
    try deliver(.asked(AskID(world.nextAsk), request), to: &world)
  }

  private func deliver(_ event: Event, to world: inout World) throws {
    var pending = [event]
    while !pending.isEmpty {
      var effects: [Effect] = []
      world.fleet.on(pending.removeFirst(), at: world.now, into: &effects)
      try #require(world.fleet.violations() == [])
      for effect in effects { pending += try perform(effect, &world) }
    }
  }

  private func launch(_ id: InstanceID, _ world: inout World) -> Event {
    world.pid = world.nextPid
    world.nextPid += 1
    return .spawned(id, pid: world.nextPid - 1)
  }

  private func perform(_ effect: Effect, _ world: inout World) throws -> [Event] {
    switch effect {
    case .spawn(let id):
      try #require(world.pid == nil && !world.isQueued, "two live processes")
      guard world.queues else { return [launch(id, &world)] }
      world.isQueued = true
    case .cancelSpawn:
      try #require(world.isQueued, "cancelled without a spawn")
      world.isQueued = false
    case .deliverEvents: return [.eventsDelivered]
    case .flushOutput: return [.outputFlushed]
    case .signalEverything: return [.childless]
    case .finish, .beginAgain: world.isOver = true
    case .signal, .runStopCommand, .endStopCommand, .killLeftovers, .probe, .cancelProbe, .record,
      .reply:
      break
    }
    return []
  }
}
