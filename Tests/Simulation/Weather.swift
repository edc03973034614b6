import ProgramSpec
import SuperviseCore

/// How often which kind of fault happens in one history. For each seed every kind is off with one
/// chance in two, else it has a rate of its own: calm runs find other bugs than storms do.
struct Weather {
  /// Chances in a hundred.
  var spawnFails: UInt64
  /// Spawns that are answered after other events.
  var spawnWaits: UInt64
  var setUpFails: UInt64
  var diesEarly: UInt64
  var diesLater: UInt64
  var neverAnnounces: UInt64
  var ignoresTerm: UInt64
  var obeysLate: UInt64
  var probeFails: UInt64
  var probeHangs: UInt64
  /// There is no process for a check.
  var probeRefused: UInt64
  var signalRefused: UInt64
  var listenerHangs: UInt64
  var loggerHangs: UInt64
  /// A role has died when its last task comes.
  var roleIsDead: UInt64
  var outgrows: UInt64
  var stopCommandFails: UInt64
  var stopCommandHangs: UInt64
  /// Messages by sd_notify(3), one after the other.
  var notifies: UInt64
  /// SIGKILL does not end the process.
  var unkillable: UInt64
  var leavesOrphans: UInt64

  init(_ random: inout RandomSource) {
    func rate(_ most: UInt64) -> UInt64 {
      random.upTo(1) == 0 ? 0 : 1 + random.upTo(most - 1)
    }
    spawnFails = rate(30)
    spawnWaits = rate(90)
    setUpFails = rate(30)
    diesEarly = rate(60)
    diesLater = rate(60)
    neverAnnounces = rate(40)
    ignoresTerm = rate(50)
    obeysLate = rate(60)
    probeFails = rate(90)
    probeHangs = rate(30)
    probeRefused = rate(60)
    signalRefused = rate(5)
    listenerHangs = rate(50)
    loggerHangs = rate(50)
    roleIsDead = rate(30)
    outgrows = rate(60)
    stopCommandFails = rate(60)
    stopCommandHangs = rate(40)
    notifies = rate(80)
    unkillable = random.upTo(7) == 0 ? 10 : 0
    leavesOrphans = rate(90)
  }

  /// After the storm: whatever is started runs, and is ready. What the shutdown meets stays as bad
  /// as it was.
  var calm: Weather {
    var calm = self
    calm.spawnFails = 0
    calm.spawnWaits = 0
    calm.setUpFails = 0
    calm.diesEarly = 0
    calm.diesLater = 0
    calm.neverAnnounces = 0
    calm.probeFails = 0
    calm.probeHangs = 0
    calm.probeRefused = 0
    calm.signalRefused = 0
    calm.outgrows = 0
    calm.notifies = 0
    return calm
  }

  func life(isTask: Bool, _ random: inout RandomSource) -> Life {
    var life = Life()
    if random.chance(spawnWaits) {
      life.waits = random.duration(upToMilliseconds: random.pick([5, 3000]))
    }
    if random.chance(spawnFails) {
      life.failure = random.pick([.noFile, .notExecutable, .shortage, .other])
    }
    if random.chance(setUpFails) { life.setUpFails = random.pick([.other, .shortage]) }
    life.end = end(isTask: isTask, &random)
    life.announces =
      random.chance(neverAnnounces) ? nil : random.duration(upToMilliseconds: 4000)
    if !isTask, random.chance(notifies) { life.notifications = notifications(&random) }
    if random.chance(outgrows) { life.outgrows = random.duration(upToMilliseconds: 30_000) }
    if random.chance(obeysLate) { life.obeysAfter = random.duration(upToMilliseconds: 15_000) }
    if random.chance(ignoresTerm) { life.obeysAfter = nil }
    life.isUnkillable = random.chance(unkillable)
    return life
  }

  private func end(
    isTask: Bool, _ random: inout RandomSource
  ) -> (after: Duration, status: ExitStatus)? {
    let code = ExitStatus.code(random.pick([0, 0, 1, 2, 12]))
    let signal = random.pick([.signal(11, coreDumped: true), ExitStatus.outOfMemory])
    let status = random.chance(20) ? signal : code
    if random.chance(diesEarly) { return (random.duration(upToMilliseconds: 1500), status) }
    if random.chance(diesLater) { return (random.duration(upToMilliseconds: 60_000), status) }
    return isTask ? (random.duration(upToMilliseconds: 500), .code(0)) : nil
  }

  private func notifications(_ random: inout RandomSource) -> [(
    after: Duration, notification: Notification
  )] {
    var list: [(after: Duration, notification: Notification)] = []
    var after = Duration.zero
    repeat {
      after += random.duration(upToMilliseconds: 6000)
      list.append((after, notification(&random)))
    } while list.count < 20 && random.chance(notifies)
    return list
  }

  private func notification(_ random: inout RandomSource) -> Notification {
    random.pick([
      .ready, .stopping, .reloading, .status("up"), .failed(errno: 5), .watchdog, .watchdog,
      .watchdogTriggered, .extendTimeout(random.duration(upToMilliseconds: 600_000)),
      .watchdogInterval(random.duration(upToMilliseconds: 20_000)), .mainProcess(30_000),
    ])
  }

  func probe(_ random: inout RandomSource) -> ProbeOutcome {
    if random.chance(probeRefused) { return .refused }
    if random.chance(probeHangs) { return .hangs }
    let verdict: Verdict =
      random.chance(probeFails) ? .failed("db:3306: connection refused") : .passed("ready")
    return .answers(after: random.duration(upToMilliseconds: 2000), verdict)
  }

  func stopCommand(_ random: inout RandomSource) -> CommandOutcome {
    if random.chance(stopCommandHangs) { return .hangs }
    let verdict: Verdict =
      random.chance(stopCommandFails) ? .failed("exit status 1") : .passed("exit status 0")
    return .ends(after: random.duration(upToMilliseconds: 3000), verdict)
  }

  func role(
    hangs: UInt64, upToMilliseconds bound: UInt64, _ random: inout RandomSource
  ) -> RoleOutcome {
    if random.chance(roleIsDead) { return .isDead }
    return random.chance(hangs)
      ? .hangs : .completes(after: random.duration(upToMilliseconds: bound))
  }
}

extension RandomSource {
  mutating func chance(_ inHundred: UInt64) -> Bool { inHundred > 0 && upTo(99) < inHundred }

  /// Every third one is a multiple of half a second, so that several things fall due at one time.
  mutating func duration(upToMilliseconds bound: UInt64) -> Duration {
    let milliseconds = upTo(bound)
    guard bound >= 1000, upTo(2) == 0 else { return .milliseconds(Int64(milliseconds)) }
    return .milliseconds(Int64((milliseconds + 250) / 500 * 500))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(upTo(UInt64(elements.count - 1)))]
  }
}
