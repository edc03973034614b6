internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Tells people what happens, in the lines of supervisord's log, which many a script greps for
/// (`supervisor.process`, `supervisor.supervisord`), and in its own where supervisord has none.
struct Narrator {
  var plan: Plan { didSet { rememberGroups() } }
  /// In the order they came: by priority at the beginning, then as they were added.
  private var groups: [String] = []
  var log: MainLog
  /// Called as supervisord we say nothing of the ordinary course that it does not say.
  private let isSupervisord: Bool
  /// Everything ends, and not to begin again.
  private var isEnding = false
  private var hasToldOfWindow = false

  init(_ plan: Plan, _ log: MainLog, isSupervisord: Bool) {
    self.plan = plan
    self.log = log
    self.isSupervisord = isSupervisord
    rememberGroups()
  }

  private mutating func rememberGroups() {
    let present = plan.groups.map(\.name)
    groups = groups.filter(present.contains) + present.filter { !groups.contains($0) }
  }

  mutating func say(_ level: Supervisor.LogLevel, _ text: String) { log.say(level, text) }

  /// Output below a line that names it, as supervisord copies it at `loglevel=debug`.
  mutating func copy(heading: String, output: String) {
    log.say(.debug, heading, quoting: output)
  }

  mutating func tell(_ record: Record) {
    if plan.foreground != nil, isAboutForeground(record) { return }
    let name = record.instance.map { plan.members[$0.index].processName } ?? ""
    switch record.happening {
    case .moved(let from, let to, let pid, let reason):
      tellMove(record.instance, name, (from, to), pid, reason)
    case .signalSent(let signal, let target, let pid, let purpose):
      if signal == .kill, purpose == .stop {
        say(.warning, "killing '\(name)' (\(pid)) with SIGKILL")
      }
      tellSignal(signal, target, "\(name) (pid \(pid))", purpose)
    case .stopAwaited: say(.information, "waiting for \(name) to stop")
    case .deathsAwaited(let instances):
      say(.information, "waiting for \(namesByGroup(instances)) to die")
    case .processesAbandoned(let processes): say(.critical, text(processes))
    case .signalReceived(let signal): tellSignal(signal)
    case .signalRefused(let error): say(.critical, "cannot signal \(name): \(error)")
    case .health(let news): tell(news, name)
    case .cron(let news): tell(news, name)
    case .announced(let notification): tell(notification, name)
    case .client(let news): tell(news)
    case .probeFailed, .startCompleted, .startStalled, .heldUp, .shutdownBegan, .shutdownHurried,
      .restartScheduled, .finished, .groupAdded, .groupRemoved, .stepsChanged, .scaled,
      .stopCommandFailed:
      tellOwn(record.happening, name)
    }
  }

  private mutating func tell(_ notification: Notification, _ name: String) {
    switch notification {
    case .failed: say(.warning, "\(name): \(notification.text)")
    case .mainProcess: say(.information, "\(name): \(notification.text)")
    case .ready, .stopping, .reloading, .status, .extendTimeout, .watchdog, .watchdogTriggered,
      .watchdogInterval:
      say(.debug, "\(name): \(notification.text)")
    }
  }

  private mutating func tell(_ news: HealthNews, _ name: String) {
    switch news {
    case .checkFailed(let failures, let words):
      say(.warning, "\(name): health check failed (\(failures)): \(words)")
    case .unknown(let words): say(.warning, "\(name): health could not be checked: \(words)")
    case .becameUnhealthy(let words): say(.error, "\(name) is unhealthy: \(words)")
    case .becameHealthy: say(.information, "\(name) is healthy again")
    }
  }

  private mutating func tell(_ news: CronNews, _ name: String) {
    switch news {
    case .fired: say(.debug, "\(name) is run")
    case .skipped(let reason): say(.information, "\(name) is not run: \(reason.text(plan))")
    case .added(let cron): say(.debug, "cron \(cron) was added")
    case .removed(let cron): say(.debug, "cron \(cron) was removed")
    }
  }

  /// supervisord does not log who asked for a change: under its name only the journal has it.
  /// Failed logins are worth a line in any case.
  private mutating func tell(_ news: ClientNews) {
    switch news {
    case .requested where !isSupervisord: say(.debug, news.text)
    case .changed where !isSupervisord, .left where !isSupervisord: say(.information, news.text)
    case .requested, .changed, .left: break
    case .failedLogin, .refusedHost: say(.warning, news.text)
    }
  }

  /// What supervisord has no word for.
  private mutating func tellOwn(_ happening: Happening, _ name: String) {
    switch happening {
    case .probeFailed(_, let words): say(.information, "\(name): \(words)")
    case .startStalled: say(.warning, "crons begin, though not everything has been ready")
    case .startCompleted: say(ordinary, "everything is ready")
    case .heldUp(let node):
      say(.warning, "\(name) goes on waiting for \(plan.nodes[node.index].name)")
    case .shutdownBegan(let cause):
      isEnding = isEnding || cause != .reload
      say(cause.isFault ? .error : ordinary, "shutting down: \(cause.text(plan))")
    case .shutdownHurried: say(.warning, "killing what is left")
    case .restartScheduled(let delay, _):
      say(.debug, "\(name) will be started again in \(delay.inWords)")
    case .stopCommandFailed(let words):
      say(.error, "stop_command of \(name) failed, sending its signal instead: \(words)")
    case .groupAdded(let group): say(.debug, "group \(group) was added")
    case .scaled(let program, let count): say(ordinary, "\(program): scaled to \(count)")
    case .groupRemoved(let group): say(.debug, "group \(group) was removed")
    case .stepsChanged(let begun, let removed):
      say(.debug, "steps have changed: \((begun + removed).joined(separator: ", "))")
    case .moved, .signalSent, .stopAwaited, .deathsAwaited, .signalReceived, .signalRefused,
      .processesAbandoned,
      .health, .cron, .client, .finished, .announced:
      break
    }
  }

  private func text(_ processes: [AbandonedProcess]) -> String {
    let names = processes.map { process in
      let name = plan.members[process.instance.index].displayName
      return "\(name) (\(process.pid.map { "pid \($0)" } ?? "not started"))"
    }
    let continues = processes.allSatisfy { isCron($0.instance) }
    return "SIGKILL has not ended \(names.joined(separator: ", ")): a process that is frozen, "
      + "waits uninterruptibly or is traced cannot be ended"
      + (continues ? "" : "; the supervisor continues without it")
  }

  private var ordinary: Supervisor.LogLevel { isSupervisord ? .debug : .information }

  /// In the order of the groups, as supervisord names them.
  private func namesByGroup(_ instances: [InstanceID]) -> String {
    let wanted = Set(instances)
    let grouped = groups.compactMap { name in plan.groups.first { $0.name == name } }
      .flatMap(\.members).filter(wanted.contains)
    let known = Set(grouped)
    let others = instances.filter { !known.contains($0) }
    return (grouped + others).map { plan.members[$0.index].processName }.joined(separator: ", ")
  }

  /// What becomes of the one command is its own business: whoever has typed it sees it.
  private func isAboutForeground(_ record: Record) -> Bool {
    if let instance = record.instance { return instance == plan.foreground }
    guard case .shutdownBegan(.exited) = record.happening else { return false }
    return true
  }

  private mutating func tellSignal(_ signal: Signal) {
    if signal == .hangUp { return tellHangUp() }
    if signal == .user2 {
      say(.information, "received SIGUSR2 indicating log reopen request")
      return say(.information, "supervisord logreopen")
    }
    guard plan.shutdown.signals.contains(signal) else {
      return signal == .windowChange ? tellWindowChange() : say(.debug, "received \(signal)")
    }
    isEnding = true
    say(.warning, "received \(signal) indicating exit request")
  }

  /// A container that is stopped by it would be killed in the end, and nobody would know why.
  private mutating func tellWindowChange() {
    guard ThisProcess.isInit, terminalOwner() == nil, !hasToldOfWindow else {
      return say(.debug, "received SIGWINCH")
    }
    hasToldOfWindow = true
    say(
      .warning,
      "received SIGWINCH, which stops nothing; where it is the image's STOPSIGNAL, as in Apache's, "
        + "write STOPSIGNAL SIGTERM in the Dockerfile, or shutdown_signals=TERM,INT,QUIT,WINCH")
  }

  private mutating func tellHangUp() {
    say(
      .warning,
      isEnding
        ? "ignored SIGHUP indicating restart request (shutdown in progress)"
        : "received SIGHUP indicating restart request")
  }

  private mutating func tellSignal(
    _ signal: Signal, _ target: SignalTarget, _ whom: String, _ purpose: SignalPurpose
  ) {
    guard purpose == .stop else { return say(.debug, "sending \(whom) sig \(signal)") }
    let group = target == .group ? " process group" : ""
    say(.debug, "killing \(whom)\(group) with signal \(signal)")
  }

  private mutating func tellMove(
    _ instance: InstanceID?, _ name: String, _ move: (from: StateName, to: StateName),
    _ pid: Int32?, _ reason: Reason?
  ) {
    switch move {
    case (.starting, .starting): say(.information, "spawned: '\(name)' with pid \(pid ?? 0)")
    case (.starting, .running): tellSuccess(instance, name)
    case (_, .ready): say(.debug, "\(name) is ready")
    // Every minute of every day would be too much.
    case (_, .succeeded) where isCron(instance): say(.debug, "\(name): succeeded")
    case (_, .passed), (_, .succeeded):
      say(.information, "\(name): \(move.to.rawValue)\(after(reason))")
    case (_, .failed), (_, .retrying): say(.error, "\(name): \(move.to.rawValue)\(after(reason))")
    case (_, .exited), (_, .backoff): tellEnd("exited", name, reason)
    case (.stopping, .stopped): tellEnd("stopped", name, reason)
    case (_, .fatal):
      say(
        .information,
        "gave up: \(name) entered FATAL state, too many start retries too quickly")
    case (_, .stopping) where reason?.isRenewal == true:
      say(.information, "restarting \(name): \(reason?.text ?? "")")
    // The line about the abandoned process has been written.
    case (_, .unknown) where reason == .survivedKill: break
    case (_, .unknown): say(.critical, "\(name) is in an unknown state: \(reason?.text ?? "")")
    default: say(.trace, "\(name): \(move.from.rawValue) -> \(move.to.rawValue)")
    }
  }

  private func isCron(_ instance: InstanceID?) -> Bool {
    guard let instance, case .cron = plan.node(of: instance).rules else { return false }
    return true
  }

  private mutating func tellSuccess(_ instance: InstanceID?, _ name: String) {
    guard let instance, case .program(let rules) = plan.node(of: instance).rules else { return }
    let seconds = rules.restart.startSeconds.wholeNanoseconds / 1_000_000_000
    say(
      .information,
      "success: \(name) entered RUNNING state, process has stayed up for > than "
        + "\(seconds) seconds (startsecs)")
  }

  private mutating func tellEnd(_ word: String, _ name: String, _ reason: Reason?) {
    switch reason {
    case .exit(let status, let expected):
      let text = word == "exited" ? reason?.text ?? "" : status.text
      say(expected ? .information : .warning, "\(word): \(name) (\(text))")
    case .spawnFailure(let failure): say(.information, "spawnerr: \(failure.text)")
    case .lastWords, .notReadyInTime, .timedOut, .restartLimit, .unhealthy, .memoryLimit,
      .maximumUptime, .rolling, .watchdog, .watchdogTriggered, .survivedKill, .asked, nil:
      say(.information, "\(word): \(name) (\(reason?.text ?? ""))")
    }
  }

  private func after(_ reason: Reason?) -> String {
    guard let reason, reason != .exit(.code(0), expected: true) else { return "" }
    return " (\(reason.text))"
  }
}

extension Reason {
  fileprivate var isRenewal: Bool {
    switch self {
    case .unhealthy, .memoryLimit, .maximumUptime, .rolling, .watchdog, .watchdogTriggered: true
    case .exit, .spawnFailure, .lastWords, .notReadyInTime, .timedOut, .restartLimit,
      .survivedKill, .asked:
      false
    }
  }
}

extension ShutdownCause {
  fileprivate var isFault: Bool {
    switch self {
    case .signal, .asked, .reload: false
    case .waitTimedOut, .hookFailed, .exited, .fatal, .unhealthy, .commandNotStarted: true
    }
  }
}
