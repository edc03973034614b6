import ProgramSpec
import SuperviseCore

/// Configurations such as people write them, and worse, drawn from a seed.
struct RandomConfiguration {
  private var random: RandomSource
  private var configuration = Configuration()
  /// Whether failures of single units may end everything. Seldom, since little is tested then.
  private var isStrict = false

  static func draw(_ random: inout RandomSource) -> Configuration {
    var builder = RandomConfiguration(random: random)
    builder.build()
    random = builder.random
    return builder.configuration
  }

  private init(random: RandomSource) { self.random = random }

  private mutating func build() {
    isStrict = random.chance(25)
    for index in 0..<Int(random.upTo(2)) { add("wait\(index)", .wait(wait())) }
    for index in 0..<Int(random.upTo(1)) {
      add("directory\(index)", .directory(DirectoryStep(paths: ["/d"])))
    }
    for index in 0..<Int(random.upTo(3)) { add("hook\(index)", .hook(hook())) }
    for index in 0...Int(random.upTo(5)) {
      add("program\(index)", .program(program("program\(index)")))
    }
    for index in 0..<Int(random.upTo(2)) { add("cron\(index)", .cron(cron())) }
    if random.chance(20) { add("listener", .program(listener("listener"))) }
    if random.chance(5) { add("listener2", .program(listener("listener2"))) }
    configuration.supervisor.shutdownOrder = random.pick([.graph, .graph, .serial, .parallel])
    configuration.supervisor.shutdownTimeout = random.pick([.zero, .zero, .seconds(9)])
  }

  private mutating func listener(_ name: String) -> Program {
    var listener = program(name)
    listener.kind = .eventListener(events: ["EVENT"], bufferSize: 10)
    return listener
  }

  /// Edges point to earlier units only, so there are no cycles.
  private mutating func add(_ name: String, _ work: Unit.Work) {
    var unit = Unit(name: name, work: work)
    let earlier = configuration.units.filter(isReachable).map(\.name)
    unit.priority = Int(random.upTo(3))
    if !earlier.isEmpty, random.chance(30) { unit.dependsOn = [random.pick(earlier)] }
    if !earlier.isEmpty, random.chance(15) { unit.after = [random.pick(earlier)] }
    configuration.units.append(unit)
  }

  /// A unit that waits for a hook of another stage would wait for ever.
  private func isReachable(_ unit: Unit) -> Bool {
    guard case .hook(let hook) = unit.work else { return true }
    return hook.stage == .start
  }

  private mutating func cron() -> Cron {
    let zone = TimeZone(
      name: "Berlin", initialOffset: 3600, rule: ZoneRule.parse("CET-1CEST,M3.5.0,M10.5.0/3"))
    let texts = [
      "*/5 * * * * *", "*/10 * * * * *", "0 * * * * *", "0 30 2 * * *", "30 0,1,2 2,3 * * *",
      "0,10,20,30,40,50 0-59 0-23 * * *",
      "@reboot", "@every 7s",
    ]
    let schedules = texts.compactMap { try? Schedule.parse($0).inZone(zone) }
    var cron = Cron(execution: Execution(arguments: ["backup"]), schedule: random.pick(schedules))
    cron.overlap = random.pick([.skip, .queue, .allow])
    cron.timeout = random.pick([.zero, .seconds(2)])
    cron.jitter = random.pick([.zero, .zero, .seconds(3)])
    cron.retries = Int(random.upTo(1))
    if random.chance(10), let often = try? Schedule.parse("* * * * * *") {
      // Some time more runs are due than may run at one time.
      (cron.schedule, cron.overlap, cron.jitter) = (often.inZone(zone), .allow, .zero)
    }
    return cron
  }

  private mutating func wait() -> Wait {
    var wait = Wait(condition: .probe(.tcp(Endpoint(host: "db", port: 3306))))
    wait.timeout = isStrict ? random.pick([.seconds(5), .seconds(60)]) : .zero
    return wait
  }

  private mutating func hook() -> Hook {
    var hook = Hook(execution: Execution(arguments: ["migrate"]))
    hook.stage = random.pick([.start, .start, .ready, .stop])
    hook.onFailure = isStrict ? random.pick([.abort, .continue]) : .continue
    hook.retries = Int(random.upTo(2))
    hook.timeout = random.pick([.zero, .seconds(3)])
    return hook
  }

  private mutating func program(_ name: String) -> Program {
    let count = Int(random.pick([1, 1, 1, 3, 0] as [UInt64]))
    var program = Program(processes: (0..<count).map { process(name, $0) })
    program.autostart = random.chance(85)
    program.restart = restart()
    program.stop.steps = random.pick([
      [StopStep(signal: .terminate, wait: .seconds(10))],
      [StopStep(signal: .quit, wait: .seconds(2)), StopStep(signal: .terminate, wait: .zero)],
    ])
    program.stop.asGroup = random.chance(30)
    program.stop.killAsGroup = program.stop.asGroup || random.chance(30)
    program.readiness = random.pick([
      .running, .running, .notify, .probe(.tcp(Endpoint(host: "localhost", port: 80))),
    ])
    program.readyTimeout = random.pick([.seconds(3), .seconds(60), .zero])
    program.onExit = isStrict && random.chance(15) ? .shutdown : .nothing
    program.onFatal = isStrict && random.chance(30) ? .shutdown : .ignore
    addWatches(&program)
    return program
  }

  /// What brings down a process that runs: health, memory, age; and how it is asked to end.
  private mutating func addWatches(_ program: inout Program) {
    if random.chance(25) {
      var health = Health(probe: .tcp(Endpoint(host: "localhost", port: 80)))
      health.interval = random.pick([.seconds(1), .seconds(5)])
      health.rise = random.pick([1, 2])
      health.fall = random.pick([1, 3])
      health.grace = random.pick([.zero, .seconds(10)])
      health.onUnhealthy =
        isStrict && random.chance(40) ? .shutdown : random.pick([.restart, .restart, .ignore])
      program.health = health
    }
    if random.chance(25) { program.memoryLimit = 1 << 20 }
    if random.chance(25) { program.watchdog = random.pick([.seconds(2), .seconds(9)]) }
    if random.chance(20) {
      program.maximumUptime = random.pick([.seconds(7), .seconds(40)])
      program.uptimeJitterThousandths = random.pick([0, 500])
    }
    guard random.chance(20) else { return }
    for index in program.processes.indices { program.processes[index].stopCommand = ["quit"] }
  }

  private func process(_ name: String, _ number: Int) -> Process {
    Process(
      name: "\(name)_\(number)", group: name, number: number, commandLine: name,
      execution: Execution(arguments: [name]))
  }

  private mutating func restart() -> RestartPolicy {
    var restart = RestartPolicy()
    restart.automatic = random.pick([.never, .unexpected, .always])
    restart.startSeconds = random.pick([.zero, .seconds(1), .seconds(5)])
    restart.startRetries = random.pick([0, 1, 3, nil])
    restart.plannedExitCodes = random.chance(20) ? [0] : []
    if random.chance(30) {
      var delay = RestartDelay(initial: .seconds(1))
      delay.jitterThousandths = 200
      restart.delay = delay
    }
    if random.chance(30) { restart.limit = RestartLimit(count: 3, window: .seconds(60)) }
    return restart
  }
}
