import ProgramSpec
import SuperviseCore

/// How often one instance was started, and whether it was too soon or once too often.
struct StartWitness {
  /// Failed starts in a row.
  private var failures = 0
  /// Since the beginning, or since it was renewed.
  private(set) var spawns = 0
  private var restarts: [Instant] = []
  private var lastSpawn: Instant?
  private var notBefore: Instant?
  private var exitedAt: Instant?
  private var isReady = false
  /// What it was when it was started.
  private(set) var before = StateName.stopped

  mutating func scheduled(_ at: Instant) { notBefore = at }

  mutating func moved(_ from: StateName, _ to: StateName, at now: Instant, isTask: Bool) {
    // Not by itself, for then it would have been at once, or with a delay: somebody needs it.
    if from == .exited, to == .starting, now != exitedAt, notBefore == nil { failures = 0 }
    switch to {
    case .exited: exitedAt = now
    case .starting where from != .starting: before = from
    case .running where isTask: before = from
    case .backoff: failures += 1
    case .stopped: failures = 0
    case .starting, .running, .waiting, .ready, .stopping, .fatal, .unknown, .retrying,
      .passed, .succeeded, .failed:
      break
    }
    if from == .stopped || from == .fatal { failures = 0 }
    noteReadiness(from, to)
  }

  /// Failures are forgotten by what is ready and has been up for long enough, in any order.
  private mutating func noteReadiness(_ from: StateName, _ to: StateName) {
    if to == .starting { isReady = false }
    if to == .ready { isReady = true }
    let isUp = to == .running || (to == .ready && from == .running)
    if isUp, isReady { failures = 0 }
  }

  /// A start by hand forgives earlier restarts and failures.
  mutating func forgive() {
    failures = 0
    restarts = []
  }

  /// What is wrong with starting it now. Whoever has been asked for something may do it later.
  mutating func spawned(_ rules: Rules, wasAsked: Bool, at now: Instant) -> [String] {
    defer {
      notBefore = nil
      lastSpawn = now
      spawns += 1
    }
    var complaints: [String] = []
    if let notBefore, now < notBefore, before == .backoff || (before == .exited && !wasAsked) {
      complaints.append("restarted before its delay was over")
    }
    guard case .program(let rules) = rules else { return complaints }
    if before == .exited, !wasAsked { complaints += pace(rules.restart, at: now) }
    return complaints + failures(rules.restart) + count(rules.restart, at: now)
  }

  private func failures(_ policy: RestartPolicy) -> [String] {
    guard let retries = policy.startRetries, failures > retries else { return [] }
    return ["started after \(failures) failures with \(retries) retries"]
  }

  private func pace(_ policy: RestartPolicy, at now: Instant) -> [String] {
    guard let lastSpawn, policy.delay == nil,
      now < lastSpawn.advanced(by: .seconds(1))
    else { return [] }
    return ["started twice in a second"]
  }

  private mutating func count(_ policy: RestartPolicy, at now: Instant) -> [String] {
    guard let limit = policy.limit, before == .exited || before == .backoff else {
      restarts = []
      return []
    }
    restarts.append(now)
    let recent = restarts.count { now.elapsed(since: $0) <= limit.window }
    return recent > limit.count + 1 ? ["restarted \(recent) times"] : []
  }
}
