import ProgramSpec
import SuperviseCore

extension Scenario {
  /// 2026-03-29 and 2026-10-25, 01:00 UTC: daylight saving begins and ends in Berlin.
  private static let clockChanges: [Int64] = [1_774_746_000, 1_792_890_000]

  /// The scenario of a seed.
  init(seed: UInt64) {
    var random = RandomSource(seed: seed)
    self.init([])
    configuration = RandomConfiguration.draw(&random)
    if random.chance(8) {
      configuration.units.append(.foregroundCommand)
      foreground = Unit.foregroundCommand.name
    }
    let second = random.pick(Scenario.clockChanges) - Int64(random.upTo(90))
    wallClock = WallClock(showing: second * 1_000_000_000, at: SimulatedKernel.beginning)
    coreSeed = random.next()
    storm = .seconds(10 + Int64(random.upTo(110)))
    calm = random.pick([.zero, .seconds(2), .seconds(200)])
    settles = random.upTo(2) == 0
    let weather = Weather(&random)
    outcomes = .drawn(seed: random.next(), weather)
    ending = Ending(
      &random, isUnkillable: weather.unkillable > 0,
      isEndless: configuration.units.contains(where: \.isEndlessStopHook))
    // A foreground command decides itself what a signal means.
    if foreground != nil { ending.cause = .request }
    inputs = InputPlan(self, random).draw()
  }
}

extension Ending {
  /// `isEndless`: a process may keep the shutdown for any time.
  fileprivate init(_ random: inout RandomSource, isUnkillable: Bool, isEndless: Bool) {
    cause = random.pick([.signal, .signal, .request, .reload])
    isEscalated = random.chance(15)
    guard isUnkillable, isEndless || random.upTo(1) == 0 else { return }
    insistence = [20_000, 40_000].map {
      .seconds(20) + random.duration(upToMilliseconds: $0)
    }
  }
}

extension Unit {
  fileprivate var isEndlessStopHook: Bool {
    guard case .hook(let hook) = work else { return false }
    return hook.stage == .stop && hook.timeout == .zero
  }
}

/// What clients, administrators and the host do during the storm.
private struct InputPlan {
  private let scenario: Scenario
  private var random: RandomSource
  private let requests: UInt64
  private let changes: UInt64
  private let clockSteps: UInt64
  private let stalls: UInt64
  private let hangUps: UInt64
  private var inputs: [Input] = []
  private var number: UInt64 = 0
  private var stallCount = 0

  init(_ scenario: Scenario, _ source: RandomSource) {
    var random = source
    func rate(_ most: UInt64) -> UInt64 { random.upTo(1) == 0 ? 0 : 1 + random.upTo(most - 1) }
    self.scenario = scenario
    requests = rate(60)
    changes = scenario.foreground == nil ? rate(40) : 0
    clockSteps = rate(15)
    stalls = random.upTo(3) == 0 ? 1 + random.upTo(20) : 0
    hangUps = rate(60)
    self.random = random
  }

  /// Bursts and long pauses: a request that comes while the one before is still handled meets other
  /// states than one that comes alone.
  consuming func draw() -> [Input] {
    var at = Duration.zero
    while true {
      at += random.duration(upToMilliseconds: random.pick([0, 5, 600, 600, 5000]))
      guard at < scenario.storm, inputs.count < 400 else { return inputs }
      drawRequest(at)
      drawChange(at)
      if random.chance(clockSteps) { inputs.append(Input(at, clockStep())) }
      if random.chance(stalls) {
        let bound = random.pick([20, 3000, 60_000] as [UInt64])
        // The end is no full millisecond, and none after the end of another stall: it would look
        // like the middle of a spread (see `Window`).
        stallCount += 1
        let duration = random.duration(upToMilliseconds: bound) + .microseconds(stallCount)
        inputs.append(Input(at, .stall(duration)))
      }
      if random.chance(3) { inputs.append(Input(at, .signal(random.pick([.hangUp, .user2])))) }
      if random.upTo(2000) == 0 { inputs.append(Input(at, .signal(.terminate))) }
    }
  }

  private mutating func drawRequest(_ at: Duration) {
    guard random.chance(requests) else { return }
    number += 1
    let (request, impossible) = request()
    inputs.append(Input(at, .request(number: number, request, impossible: impossible)))
    guard random.chance(hangUps) else { return }
    let delay = random.duration(upToMilliseconds: random.pick([1, 3000]))
    inputs.append(Input(at + delay, .hangUp(number: number)))
  }

  private mutating func request() -> (Request, impossible: [String]) {
    let names = names()
    let waits = random.upTo(2) > 0
    let crons = random.upTo(2) == 0
    let impossible = random.chance(10) ? names : []
    if random.upTo(400) == 0 { return (random.pick([.shutdown, .reload]), []) }
    return (
      random.pick([
        .start(names, waits: waits, crons: crons), .start(names, waits: waits, crons: crons),
        .stop(names, waits: waits, crons: crons), .stop(names, waits: waits, crons: crons),
        .restart(names, waits: waits, crons: crons), .roll(names),
        .signal(random.pick([.user1, nil]), names), .misnamedSignal(names), .awaitReadiness,
      ]), impossible
    )
  }

  private mutating func names() -> [String] {
    let units = scenario.configuration.units
    let processes = scenario.configuration.processes
    guard !processes.isEmpty, random.chance(90) else {
      return [random.pick(["all", "nobody", "nobody:*", random.pick(units).name])]
    }
    let process = random.pick(processes)
    return random.pick([
      [process.displayName], [process.displayName], ["\(process.group):*"], ["all"],
      [random.pick(units).name], [process.displayName, random.pick(processes).displayName],
    ])
  }

  private mutating func drawChange(_ at: Duration) {
    guard random.chance(changes) else { return }
    let units = scenario.configuration.units
    let programs = units.filter(\.isProgram)
    let crons = units.filter(\.isCron)
    let steps = units.filter(\.isStep)
    let group = random.pick(scenario.configuration.processGroups.map(\.name))
    switch random.upTo(3) {
    case 0: inputs.append(Input(at, .toggleGroup(group)))
    case 1 where !crons.isEmpty: inputs.append(Input(at, .toggleCron(random.pick(crons).name)))
    case 2 where !steps.isEmpty:
      let version = random.upTo(3)
      let step = random.pick(steps).name
      inputs.append(Input(at, .changeStep(step, version: version == 0 ? nil : version)))
    case _:
      let count = Int(random.upTo(4))
      inputs.append(Input(at, .scale(random.pick(programs).name, count: count)))
    }
  }

  private mutating func clockStep() -> Input.Kind {
    let step = random.pick([1, 2, 30, 90, 600, 3600, 5 * 3600] as [Int64])
    let direction: Int64 = random.upTo(1) == 0 ? 1 : -1
    return .setClock(by: direction * step * 1_000_000_000 + Int64(random.upTo(999_999_999)))
  }
}

extension Unit {
  /// As `entrypoint -- command` makes it.
  fileprivate static let foregroundCommand: Unit = {
    let process = Process(
      name: "command", group: "command", number: 0, commandLine: "command",
      execution: Execution(arguments: ["command"]))
    var program = Program(processes: [process])
    program.restart.automatic = .never
    program.restart.startSeconds = .zero
    program.restart.startRetries = 0
    program.onExit = .shutdown
    program.onFatal = .shutdown
    return Unit(name: "command", work: .program(program))
  }()
}

extension Configuration {
  fileprivate var processes: [Process] {
    units.flatMap { unit in
      guard case .program(let program) = unit.work else { return [] as [Process] }
      return program.processes
    }
  }
}
