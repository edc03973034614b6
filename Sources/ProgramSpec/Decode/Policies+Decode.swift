/// How a program is started again, stopped, and found to be ready.
extension SectionReader {
  mutating func readPolicies(_ program: inout Program) {
    program.autostart = value("autostart", true, Scalar.bool)
    program.restart = restartPolicy()
    program.stop = stopPolicy()
    program.readiness = optional("ready", Composite.readiness) ?? .running
    program.readyTimeout = value("ready_timeout", .seconds(60), Scalar.duration)
    program.health = health()
    program.onExit = value("on_exit", .nothing) { (text) throws(ValueProblem) -> OnExit in
      try Composite.oneOf(text, [("shutdown", .shutdown), ("", .nothing)])
    }
    program.onFatal = value("on_fatal", .ignore) { (text) throws(ValueProblem) -> OnFatal in
      try Composite.oneOf(text, [("shutdown", .shutdown), ("ignore", .ignore)])
    }
    program.memoryLimit = optional("memory_limit", Scalar.positiveBytes).map { UInt64($0) }
    program.maximumUptime = optional("max_uptime", Scalar.positiveDuration)
    program.watchdog = optional("watchdog", Scalar.watchdogInterval)
    program.uptimeJitterThousandths = value("restart_jitter", 0, SectionReader.part)
    program.reloadSignal = value("reload_signal", .hangUp, Signal.parse)
    program.preset = preset
    program.serverURL = text("serverurl").flatMap { $0.lowercased() == "auto" ? nil : $0 }
  }

  private mutating func restartPolicy() -> RestartPolicy {
    var policy = RestartPolicy()
    policy.automatic = value("autorestart", .unexpected, Composite.automaticRestart)
    policy.exitCodes = value("exitcodes", [0], Composite.exitCodes)
    policy.plannedExitCodes = value("planned_exitcodes", [], Composite.exitCodes)
    policy.startSeconds = seconds("startsecs", .seconds(1))
    policy.startRetries = retries()
    policy.delay = restartDelay()
    policy.limit = optional("restart_limit", Composite.restartLimit)
    return policy
  }

  private mutating func retries() -> Int? {
    let count = value("startretries", 3, Composite.retries)
    if let count, count < 0 { warnBelowZero("startretries") }
    return count.map { max(0, $0) }
  }

  private mutating func restartDelay() -> RestartDelay? {
    let initial = optional("restart_delay", Scalar.duration)
    let maximum = optional("restart_delay_max", Scalar.duration)
    let factor = optional("restart_factor", SectionReader.growth)
    // A value that is wrong is reported where max_uptime reads it.
    let jitter = text("restart_jitter").flatMap { try? SectionReader.part($0) }
    guard let initial else { return nil }
    var delay = RestartDelay(initial: initial)
    delay.maximum = maximum ?? delay.maximum
    delay.factorThousandths = factor ?? delay.factorThousandths
    delay.jitterThousandths = jitter ?? 0
    return delay
  }

  /// A part of a whole, in thousandths.
  private static func part(_ text: String) throws(ValueProblem) -> Int {
    let thousandths = try Scalar.thousandths(text)
    guard thousandths <= 1000 else {
      throw ValueProblem("\(text.trimmed) is more than 1; write 0 to 1, or 0% to 100%")
    }
    return thousandths
  }

  /// A multiplier that does not make a delay shorter, in thousandths.
  private static func growth(_ text: String) throws(ValueProblem) -> Int {
    let thousandths = try Scalar.thousandths(text)
    guard thousandths >= 1000 else {
      throw ValueProblem("\(text.trimmed) is less than 1; each delay is at least the one before")
    }
    return thousandths
  }

  private mutating func stopPolicy() -> StopPolicy {
    var policy = StopPolicy()
    let wait = seconds("stopwaitsecs", .seconds(10))
    policy.steps = value("stopsignal", [StopStep(signal: .terminate, wait: wait)]) {
      (text) throws(ValueProblem) -> [StopStep] in
      try Composite.stopSteps(text, wait: wait)
    }
    policy.asGroup = value("stopasgroup", false, Scalar.bool)
    policy.killAsGroup = value("killasgroup", policy.asGroup, Scalar.bool)
    if policy.asGroup, !policy.killAsGroup {
      context.report(
        .error, location("killasgroup"),
        .contradiction(
          "Cannot set stopasgroup=true and killasgroup=false in [\(section.name)]"))
    }
    return policy
  }

  private mutating func health() -> Health? {
    let interval = value("health_interval", .seconds(10), Scalar.positiveDuration)
    let timeout = value("health_timeout", .seconds(3), Scalar.probeTimeout)
    let rise = value("health_rise", 2, Scalar.positive)
    let fall = value("health_fall", 3, Scalar.positive)
    let grace = value("health_grace", .zero, Scalar.duration)
    let reaction = value("on_unhealthy", .restart) {
      (text) throws(ValueProblem) -> Health.OnUnhealthy in
      try Composite.oneOf(
        text, [("restart", .restart), ("shutdown", .shutdown), ("ignore", .ignore)])
    }
    guard let probe = optional("health", ProbeURL.parse) else {
      warnOfHealthKeys()
      return nil
    }
    var health = Health(probe: probe)
    health.interval = interval
    health.timeout = timeout
    health.rise = rise
    health.fall = fall
    health.grace = grace
    health.onUnhealthy = reaction
    return health
  }

  /// They say how to ask, but not what.
  private mutating func warnOfHealthKeys() {
    guard entry("health") == nil else { return }
    for key in [
      "health_interval", "health_timeout", "health_rise", "health_fall", "health_grace",
      "on_unhealthy",
    ] where entry(key) != nil {
      let reason = "there is no health=; write one like health=http://127.0.0.1/health"
      context.report(
        .warning, location(key), .withoutEffect(key: key, section: section.name, reason: reason))
    }
  }
}
