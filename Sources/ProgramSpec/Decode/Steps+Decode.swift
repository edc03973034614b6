/// `[wait:x]`, `[directory:x]`, `[template:x]`, `[hook:x]`.
extension SectionReader {
  mutating func wait() -> Wait? {
    let condition = waitCondition()
    // Without one the rest is read all the same, so that everything wrong is said at once.
    var wait = Wait(condition: condition ?? .probe(.always))
    wait.timeout = value("timeout", wait.timeout, Scalar.duration)
    wait.interval = value("interval", wait.interval, Scalar.positiveDuration)
    wait.probeTimeout = value("probe_timeout", wait.probeTimeout, Scalar.probeTimeout)
    return condition == nil ? nil : wait
  }

  private mutating func waitCondition() -> Wait.Condition? {
    switch (entry("url") != nil, entry("command") != nil) {
    case (true, false): return optional("url", ProbeURL.parse).map { .probe($0) }
    case (false, true): return .command(execution())
    case (true, true):
      context.report(
        .error, location("command"),
        .contradiction("[\(section.name)] has both url and command; leave one out"))
    case (false, false):
      context.report(.error, section.location, .missingKey("url", section: section.name))
    }
    return nil
  }

  mutating func directory() -> DirectoryStep? {
    let text = required("path")
    var step = DirectoryStep(paths: Scalar.list(text ?? "").map(context.surroundings.absolute))
    step.owner = optional("owner", context.surroundings.identity)
    step.mode = optional("mode", Scalar.octal)
    step.recursive = value("recursive", false, Scalar.bool)
    return text == nil ? nil : step
  }

  mutating func template() -> TemplateStep? {
    let source = required("source")
    let destination = required("destination")
    let surroundings = context.surroundings
    var step = TemplateStep(
      source: surroundings.absolute(source ?? ""),
      destination: surroundings.absolute(destination ?? ""))
    step.owner = optional("owner", surroundings.identity)
    step.mode = optional("mode", Scalar.octal)
    return source == nil || destination == nil ? nil : step
  }

  mutating func hook(format: LogFormat) -> Hook {
    var execution = execution()
    execution.output = output(format: format)
    var hook = Hook(execution: execution)
    hook.stage = value("stage", .start) { (text) throws(ValueProblem) -> Hook.Stage in
      try Composite.oneOf(text, [("start", .start), ("ready", .ready), ("stop", .stop)])
    }
    hook.timeout = value("timeout", hook.timeout, Scalar.duration)
    hook.retries = value("retries", 0, Scalar.natural)
    hook.retryDelay = value("retry_delay", hook.retryDelay, Scalar.duration)
    hook.onFailure = value("on_failure", .abort) { (text) throws(ValueProblem) -> Hook.OnFailure in
      try Composite.oneOf(text, [("abort", .abort), ("continue", .continue)])
    }
    hook.lock = lock()
    return hook
  }

  private mutating func lock() -> HookLock? {
    let timeout = value("lock_timeout", .zero, Scalar.duration)
    guard let place = optional("lock", Composite.lock) else { return nil }
    var lock = HookLock(place: place)
    lock.timeout = timeout
    return lock
  }
}
