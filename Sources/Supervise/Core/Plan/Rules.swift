package import ProgramSpec

/// What the state machines need to know of a unit, without its command and its files.
package indirect enum Rules: Sendable, Equatable {
  case program(ProgramRules)
  case task(TaskRules)
  case wait(WaitRules)
  case cron(CronRules)
  case barrier
}

package struct ProgramRules: Sendable, Equatable {
  package var autostart = true
  package var restart = RestartPolicy()
  package var stop = StopPolicy()
  package var readiness = Readiness.running
  package var readyTimeout = Duration.seconds(60)
  package var onExit = OnExit.nothing
  package var onFatal = OnFatal.ignore
  package var reloadSignal = Signal.hangUp
  package var health: Health?
  package var memoryLimit: UInt64?
  package var maximumUptime: Duration?
  /// nil: no watchdog.
  package var watchdog: Duration?
  package var uptimeJitterThousandths = 0
  package var hasStopCommand = false
  /// It is to hear of everything else's end, so it is stopped last.
  package var isListener = false

  package init() {}

  package init(_ program: ProgramSpec.Program) {
    autostart = program.autostart
    restart = program.restart
    stop = program.stop
    readiness = program.readiness
    readyTimeout = program.readyTimeout
    onExit = program.onExit
    onFatal = program.onFatal
    reloadSignal = program.reloadSignal
    health = program.health
    memoryLimit = program.memoryLimit
    maximumUptime = program.maximumUptime
    watchdog = program.watchdog
    uptimeJitterThousandths = program.uptimeJitterThousandths
    hasStopCommand = program.hasStopCommand
    if case .eventListener = program.kind { isListener = true }
  }

  /// Whether the kernel must ask from outside.
  var probesReadiness: Bool {
    guard case .probe = readiness else { return false }
    return true
  }
}

/// A directory, a template or a hook: one process that has to succeed.
package struct TaskRules: Sendable, Equatable {
  package var stage = Hook.Stage.start
  /// Zero: no limit.
  package var timeout = Duration.zero
  package var retries = 0
  package var retryDelay = Duration.zero
  package var onFailure = Hook.OnFailure.abort
  /// From SIGTERM to SIGKILL when it must end early.
  /// Less than the ten seconds `docker stop` gives the whole container.
  package var grace = Duration.seconds(5)
  /// It came after the start, and must not end what runs.
  package var isLate = false
  /// A start that fails for want of a process is tried again.
  package var toleratesShortage = true
  /// A process whose time is over, and that SIGKILL has not ended, still is this attempt until it
  /// is stopped on request: `overlap` of a cron decides about the next run, or there would soon be
  /// such a process for each run.
  package var outlivesKill = false

  package init() {}

  package init(_ hook: Hook) {
    stage = hook.stage
    timeout = hook.timeout
    retries = hook.retries
    retryDelay = hook.retryDelay
    onFailure = hook.onFailure
    // The shutdown stops the programs only after its hooks, and one of the programs may use up what
    // is short.
    toleratesShortage = hook.stage != .stop
  }
}

package struct CronRules: Sendable, Equatable {
  package var schedule: Schedule
  package var overlap = Cron.Overlap.skip
  package var jitter = Duration.zero
  /// Of each run.
  package var task = TaskRules()

  package init(_ cron: Cron) {
    schedule = cron.schedule
    overlap = cron.overlap
    jitter = cron.jitter
    task.timeout = cron.timeout
    task.retries = cron.retries
    task.retryDelay = cron.retryDelay
    task.onFailure = .continue
    task.outlivesKill = true
  }
}

package struct WaitRules: Sendable, Equatable {
  /// Zero: for ever.
  package var timeout = Duration.seconds(60)
  package var interval = Duration.seconds(1)
  package var probeTimeout = Duration.seconds(3)
  /// It came after the start, and must not end what runs.
  package var isLate = false

  package init() {}

  package init(_ wait: Wait) {
    timeout = wait.timeout
    interval = wait.interval
    probeTimeout = wait.probeTimeout
  }
}

extension Unit {
  /// Steps that make files have a limit of their own: a dead network disk must not hold the
  /// container in its start for ever without a word.
  private static let fileStepTimeout = Duration.seconds(300)

  var rules: Rules {
    switch work {
    case .program(let program): return .program(ProgramRules(program))
    case .cron(let cron): return .cron(CronRules(cron))
    case .wait(let wait):
      var rules = WaitRules(wait)
      rules.isLate = isLate
      return .wait(rules)
    case .hook(let hook): return .task(task(TaskRules(hook)))
    case .directory, .template:
      var rules = TaskRules()
      rules.timeout = Unit.fileStepTimeout
      return .task(task(rules))
    }
  }

  private func task(_ rules: TaskRules) -> TaskRules {
    var rules = rules
    rules.isLate = isLate
    return rules
  }
}
