import ProgramSpec

/// A process that runs, but not as it should: it is stopped as gracefully as by hand, and started
/// again at once. Those that depend on it do not notice.
extension ProgramMachine {
  mutating func renew(_ reason: Reason, _ rules: ProgramRules, _ turn: inout Turn) {
    // In a shutdown its turn comes when those that depend on it are down.
    guard !isRetired else { return }
    switch state {
    case .starting(let live), .running(let live):
      beginStop(live, .renewal(reason), rules, &turn)
    // Late but legal: it has ended, or is about to, for another reason.
    case .stopped, .launching, .backoff, .stopping, .exited, .fatal, .unknown: break
    }
  }

  mutating func outgrew(_ bytes: UInt64, _ rules: ProgramRules, _ turn: inout Turn) {
    guard let limit = rules.memoryLimit else { return }
    renew(.memoryLimit(used: bytes, limit: limit), rules, &turn)
  }

  /// From RUNNING and ready on: before, `ready_timeout` and `startsecs` watch over it.
  mutating func beginHealthChecks(_ rules: ProgramRules, _ turn: Turn) {
    guard case .running(let live) = state, live.readiness.isReady, let health = rules.health,
      !isRetired
    else { return }
    updateLive { $0.health?.begin(health, at: turn.now) }
  }

  mutating func watchHealth(_ rules: ProgramRules, _ turn: inout Turn) {
    guard case .running(let live) = state, let health = rules.health, var watch = live.health else {
      return
    }
    let finding = watch.act(health, &turn)
    updateLive { $0.health = watch }
    found(finding, watch, rules, &turn)
  }

  mutating func healthAnswered(
    _ verdict: Verdict, _ rules: ProgramRules, _ turn: inout Turn
  ) {
    guard let health = rules.health, var watch = askedWatch else { return }
    let finding = watch.take(verdict, health, at: turn.now)
    updateLive { $0.health = watch }
    found(finding, watch, rules, &turn)
  }

  /// Says nothing about the program: where the machine has no process left for a check, ending
  /// those that are well would make it worse.
  mutating func healthUnknown(_ words: String, _ rules: ProgramRules, _ turn: inout Turn) {
    guard let health = rules.health, var watch = askedWatch else { return }
    watch.askAgain(health, at: turn.now)
    updateLive { $0.health = watch }
    turn.record(.health(.unknown(lastWords: words)))
  }

  /// nil is late but legal: it died or was told to stop while it was being asked.
  private var askedWatch: HealthWatch? {
    guard case .running(let live) = state, let watch = live.health, watch.isProbing else {
      return nil
    }
    return watch
  }

  private mutating func found(
    _ finding: HealthWatch.Finding?, _ watch: HealthWatch, _ rules: ProgramRules,
    _ turn: inout Turn
  ) {
    switch finding {
    case nil: break
    case .ailing(let failures):
      turn.record(.health(.checkFailed(failures: failures, lastWords: watch.lastWords)))
    case .rose: turn.record(.health(.becameHealthy))
    case .fell:
      turn.record(.health(.becameUnhealthy(lastWords: watch.lastWords)))
      guard rules.health?.onUnhealthy == .restart else { return }
      renew(.unhealthy(watch.lastWords), rules, &turn)
    }
  }

  mutating func watchUptime(_ rules: ProgramRules, _ turn: inout Turn) {
    guard case .running(let live) = state, let renewAt = live.renewAt, turn.now >= renewAt,
      let limit = rules.maximumUptime
    else { return }
    renew(.maximumUptime(limit), rules, &turn)
  }
}

extension ProgramRules {
  /// Spread, so that a hundred workers that were started together do not go down together.
  func uptimeEnd(from now: Instant, _ random: inout RandomSource) -> Instant? {
    maximumUptime.map {
      now.advanced(by: $0.spread(byThousandths: uptimeJitterThousandths, &random))
    }
  }
}
