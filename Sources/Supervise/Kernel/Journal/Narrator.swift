internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Tells people what happens, on the container's stderr, in the lines of supervisord's log, which
/// many a script greps for.
struct Narrator {
  private let plan: Plan
  private let level: Supervisor.LogLevel
  /// Lines that a stuck reader cost us.
  private var dropped = 0

  init(_ plan: Plan, level: Supervisor.LogLevel) {
    self.plan = plan
    self.level = level
  }

  mutating func tell(_ record: Record) {
    if plan.foreground != nil, isAboutForeground(record) { return }
    let name = record.instance.map { plan.members[$0.index].displayName } ?? ""
    switch record.happening {
    case .moved(let from, let to, let pid, let reason):
      tellMove(record.instance, name, (from, to), pid, reason)
    case .probeFailed(_, let words): say(.information, "\(name): \(words)")
    case .signalSent(.kill, _): say(.warning, "killing \(name.inQuotes) with SIGKILL")
    case .signalSent(let signal, let target):
      let group = target == .group ? " process group" : ""
      say(.debug, "killing \(name)\(group) with signal \(signal)")
    case .signalRefused(let error): say(.critical, "cannot signal \(name): \(error)")
    case .signalReceived(let signal): tellSignal(signal)
    case .startCompleted: say(.information, "everything is ready")
    case .heldUp(let node):
      say(.warning, "\(name) goes on waiting for \(plan.nodes[node.index].name)")
    case .shutdownBegan(let cause): say(cause.level, "shutting down: \(cause.text(plan))")
    case .shutdownHurried: say(.warning, "killing what is left")
    case .restartScheduled(let delay, _):
      say(.debug, "\(name) will be started again in \(delay.inWords)")
    case .finished: break
    }
  }

  /// What becomes of the one command is its own business: whoever has typed it sees it.
  private func isAboutForeground(_ record: Record) -> Bool {
    if let instance = record.instance { return instance == plan.foreground }
    guard case .shutdownBegan(.exited) = record.happening else { return false }
    return true
  }

  private mutating func tellSignal(_ signal: Signal) {
    guard plan.shutdown.signals.contains(signal) else {
      return say(.debug, "received \(signal)")
    }
    say(.warning, "received \(signal) indicating exit request")
  }

  private mutating func tellMove(
    _ instance: InstanceID?, _ name: String, _ move: (from: StateName, to: StateName),
    _ pid: Int32?, _ reason: Reason?
  ) {
    switch move {
    case (.starting, .starting): say(.information, "spawned: '\(name)' with pid \(pid ?? 0)")
    case (.starting, .running):
      guard let limit = startSeconds(instance) else { return }
      say(
        .information,
        "success: \(name) entered RUNNING state, process has stayed up for > than "
          + "\(limit) seconds (startsecs)")
    case (_, .ready): say(.debug, "\(name) is ready")
    case (_, .passed), (_, .succeeded):
      say(.information, "\(name): \(move.to.rawValue)\(after(reason))")
    case (_, .failed), (_, .retrying): say(.error, "\(name): \(move.to.rawValue)\(after(reason))")
    case (_, .exited): say(level(of: reason), "exited: \(name) (\(reason?.text ?? ""))")
    case (.stopping, .stopped): say(.information, "stopped: \(name) (\(stopText(reason)))")
    case (_, .backoff): say(.information, "spawnerr: \(name): \(reason?.text ?? "")")
    case (_, .fatal):
      say(
        .warning,
        "gave up: \(name) entered FATAL state, too many start retries too quickly")
    case (_, .unknown): say(.critical, "\(name) is in an unknown state: \(reason?.text ?? "")")
    default: say(.trace, "\(name): \(move.from.rawValue) -> \(move.to.rawValue)")
    }
  }

  private func startSeconds(_ instance: InstanceID?) -> String? {
    guard let instance, case .program(let rules) = plan.node(of: instance).rules else { return nil }
    return "\(rules.restart.startSeconds.wholeNanoseconds / 1_000_000_000)"
  }

  private func after(_ reason: Reason?) -> String {
    guard let reason, reason != .exit(.code(0), expected: true) else { return "" }
    return " (\(reason.text))"
  }

  private func stopText(_ reason: Reason?) -> String {
    guard case .exit(let status, _) = reason else { return reason?.text ?? "" }
    return status.text
  }

  private func level(of reason: Reason?) -> Supervisor.LogLevel {
    guard case .exit(_, expected: false) = reason else { return .information }
    return .warning
  }

  /// One line on stderr, if somebody reads there; else it is counted.
  mutating func say(_ level: Supervisor.LogLevel, _ text: String) {
    guard level.rawValue <= self.level.rawValue else { return }
    let lost = dropped > 0 ? " (\(dropped) lines were lost here)" : ""
    let line = Array("\(WallTime.now().stamp) \(level.tag) \(text)\(lost)\n".utf8.prefix(4000))
    guard let count = try? writeWithoutBlocking(2, line, 0..<line.count), count > 0 else {
      dropped += 1
      return
    }
    dropped = 0
  }
}

extension ShutdownCause {
  fileprivate var level: Supervisor.LogLevel {
    switch self {
    case .signal, .asked: .information
    case .waitTimedOut, .hookFailed, .exited, .fatal, .commandNotStarted: .error
    }
  }
}

extension Supervisor.LogLevel {
  fileprivate var tag: String {
    switch self {
    case .critical: "CRIT"
    case .error: "ERRO"
    case .warning: "WARN"
    case .information: "INFO"
    case .debug: "DEBG"
    case .trace: "TRAC"
    case .blather: "BLAT"
    }
  }
}

extension String {
  fileprivate var inQuotes: String { "'\(self)'" }
}

extension WallTime {
  /// `2026-11-21 01:25:38,196`, local.
  fileprivate var stamp: String {
    let date = local
    let day = "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day))"
    let time = "\(twoDigits(date.hour)):\(twoDigits(date.minute)):\(twoDigits(date.second))"
    return "\(day) \(time),\(threeDigits(milliseconds))"
  }
}
