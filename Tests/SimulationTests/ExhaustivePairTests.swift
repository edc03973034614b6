import ProgramSpec
import SuperviseCore
import Testing

/// Two units of which the second depends on the first, and every sequence of what can happen to
/// either, to a depth: no violation, at most one process each, and the order of start and stop.
@Suite struct ExhaustivePairTests {
  enum Stimulus {
    case timePasses
    case exits(Int, SuperviseCore.ExitStatus)
    case setUpFails(Int)
    case start(String)
    case stop(String)
    case restart(String)
    case terminate

    /// Of the pair `a` and `b`.
    static let all: [Stimulus] = [
      .timePasses, .exits(0, .code(0)), .exits(0, .code(1)), .exits(1, .code(1)), .setUpFails(0),
      .setUpFails(1), .start("b"), .stop("a"), .restart("a"), .terminate,
    ]
  }

  /// The supervision state and a machine with two instances.
  struct World {
    var fleet: Fleet
    var now = Instant.zero
    var pids: [Int32?] = [nil, nil]
    /// Whether the first unit has been satisfied since it was last stopped on request.
    var isFirstSatisfied = false
    var isShuttingDown = false
    var nextPid: Int32 = 2
    var nextAsk: UInt64 = 1
    var isOver = false
  }

  static let depth = 5

  private static func program(_ name: String) -> Program {
    var program = Program(processes: [
      Process(
        name: name, group: name, number: 0, commandLine: name,
        execution: Execution(arguments: [name]))
    ])
    program.restart.startRetries = 1
    return program
  }

  private static let hook: Hook = {
    var hook = Hook(execution: Execution(arguments: ["migrate"]))
    hook.retries = 1
    return hook
  }()

  @Test(arguments: [Unit.Work.program(program("a")), .hook(hook)])
  func everySequence(_ first: Unit.Work) throws {
    var second = Unit(name: "b", work: .program(Self.program("b")))
    second.dependsOn = ["a"]
    var configuration = Configuration()
    configuration.units = [Unit(name: "a", work: first), second]
    var world = World(fleet: Fleet(Plan(configuration), seed: 1))
    try deliver(.began, to: &world)
    var count = 0
    try explore(world, depth: Self.depth, &count)
    #expect(count > 5000)
  }

  private func explore(_ world: World, depth: Int, _ count: inout Int) throws {
    count += 1
    guard depth > 0, !world.isOver else { return }
    for stimulus in Stimulus.all {
      var next = world
      guard try apply(stimulus, to: &next) else { continue }
      try explore(next, depth: depth - 1, &count)
    }
  }

  /// False where it cannot happen now.
  private func apply(_ stimulus: Stimulus, to world: inout World) throws -> Bool {
    switch stimulus {
    case .timePasses:
      guard let deadline = world.fleet.nextDeadline else { return false }
      world.now = max(world.now, deadline)
      try deliver(.deadlinePassed, to: &world)
    case .exits(let index, let status): return try end(.exited(InstanceID(index), status), &world)
    case .setUpFails(let index):
      let failure = SpawnFailure(kind: .other, text: "couldn't exec")
      return try end(.spawnFailed(InstanceID(index), failure), &world)
    case .start(let name): try ask(.start([name]), &world)
    case .stop(let name): try ask(.stop([name]), &world)
    case .restart(let name): try ask(.restart([name]), &world)
    case .terminate: try deliver(.signalled(.terminate), to: &world)
    }
    return true
  }

  private func end(_ event: Event, _ world: inout World) throws -> Bool {
    let index: Int
    switch event {
    case .exited(let id, _), .spawnFailed(let id, _): index = id.index
    case _: return false
    }
    guard world.pids[index] != nil else { return false }
    world.pids[index] = nil
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

  private func perform(_ effect: Effect, _ world: inout World) throws -> [Event] {
    switch effect {
    case .spawn(let id): return [try spawn(id, &world)]
    case .signal(let id, let signal, _): try checkOrder(of: signal, to: id, world)
    case .record(let record): witness(record, &world)
    case .deliverEvents: return [.eventsDelivered]
    case .flushOutput: return [.outputFlushed]
    case .signalEverything: return [.childless]
    case .finish, .beginAgain: world.isOver = true
    case .cancelSpawn, .runStopCommand, .endStopCommand, .killLeftovers, .probe, .cancelProbe,
      .reply:
      break
    }
    return []
  }

  private func spawn(_ id: InstanceID, _ world: inout World) throws -> Event {
    try #require(world.pids[id.index] == nil, "two live processes")
    try #require(!world.isShuttingDown, "a start during the shutdown")
    let wasRequested = world.nextAsk > 1
    try #require(
      id.index == 0 || world.isFirstSatisfied || wasRequested,
      "the second unit starts before the first one is ready")
    world.pids[id.index] = world.nextPid
    world.nextPid += 1
    return .spawned(id, pid: world.nextPid - 1)
  }

  private func witness(_ record: Record, _ world: inout World) {
    switch record.happening {
    case .shutdownBegan: world.isShuttingDown = true
    case .moved(_, .ready, _, _), .moved(_, .succeeded, _, _):
      if record.instance?.index == 0 { world.isFirstSatisfied = true }
    case _: break
    }
  }

  /// A shutdown stops the second unit first.
  private func checkOrder(of signal: Signal, to id: InstanceID, _ world: World) throws {
    guard world.isShuttingDown, id.index == 0, signal != .kill else { return }
    let wasRequested = world.nextAsk > 1
    try #require(
      world.pids[1] == nil || wasRequested, "the first unit is stopped before the second one")
  }
}
