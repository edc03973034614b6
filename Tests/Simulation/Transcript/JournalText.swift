import ProgramSpec
import SuperviseCore

/// Journal events as text.
extension TranscriptText {
  func line(_ happening: Happening) -> String {
    switch happening {
    case .moved(let from, let to, let pid, let reason):
      let process = pid.map { " (pid \($0))" } ?? ""
      let because = reason.map { " because of \($0.values)" } ?? ""
      return "\(from.rawValue) → \(to.rawValue)\(process)\(because)"
    case .restartScheduled(let delay, let tries):
      return "restart in \(delay.seconds), tries \(tries)"
    case .signalSent(let signal, let target, let pid, let purpose):
      let aim = purpose == .stop ? "to stop" : "on request"
      return "\(signal.description) to the \(target.rawValue) \(pid) \(aim)"
    case .stopAwaited: return "a client waits for the stop"
    case .deathsAwaited(let ids): return "waiting for \(list(ids.map(name)))"
    case .signalRefused(let error): return "signal refused: \(error)"
    case .announced(let notification): return "announced \(notification.values)"
    case .probeFailed(let tries, let words): return "probe failed \(tries) times: \(words)"
    case .health(let news): return "health: \(news.values)"
    case .stopCommandFailed(let words): return "stop_command failed: \(words)"
    case .signalReceived(let signal): return "received \(signal.description)"
    case .startCompleted: return "the start is complete"
    case .startStalled: return "the start is stalled"
    case .heldUp(let node): return "blocked by node \(node.index)"
    case .shutdownBegan(let cause): return "the shutdown begins because of \(line(cause))"
    case .shutdownHurried: return "the shutdown is immediate now"
    case .processesAbandoned(let left):
      return "abandoned \(list(left.map { "\(name($0.instance)) (\($0.pid ?? 0))" }))"
    case .finished(let code): return "finished with exit code \(code)"
    case .cron(let news): return "cron: \(news.values)"
    case .groupAdded(let group): return "group added: \(group)"
    case .groupRemoved(let group): return "group removed: \(group)"
    case .stepsChanged(let begun, let removed):
      return "steps changed: begun \(list(begun)), removed \(list(removed))"
    case .scaled(let program, let count): return "scaled \(program) to \(count)"
    case .client: return "a client did something"
    }
  }

  func line(_ cause: ShutdownCause) -> String {
    switch cause {
    case .signal(let signal): return signal.description
    case .asked: return "a request"
    case .reload: return "a request to reload"
    case .waitTimedOut(let id): return "\(name(id)), which waited too long"
    case .hookFailed(let id, let status): return "\(name(id)), a hook: \(status.values)"
    case .exited(let id, let status): return "\(name(id)), which ended: \(status.values)"
    case .fatal(let id, let status): return "\(name(id)), which is FATAL: \(status.values)"
    case .unhealthy(let id): return "\(name(id)), which is unhealthy"
    case .commandNotStarted(let id, let failure): return "\(name(id)): \(failure.values)"
    }
  }
}

extension Reason {
  var values: String {
    switch self {
    case .exit(let status, let expected):
      return "\(status.values) (\(expected ? "expected" : "unexpected"))"
    case .spawnFailure(let failure): return "a failed start: \(failure.values)"
    case .lastWords(let words): return "the probe's result \"\(words)\""
    case .notReadyInTime(let limit): return "no readiness in \(limit.seconds)"
    case .timedOut(let limit): return "the time limit \(limit.seconds)"
    case .restartLimit(let limit): return "the limit \(limit.count)/\(limit.window.seconds)"
    case .unhealthy(let words): return "failed health checks: \(words)"
    case .memoryLimit(let used, let limit): return "memory: \(used) of \(limit) bytes"
    case .maximumUptime(let limit): return "max_uptime \(limit.seconds)"
    case .watchdog(let limit): return "no WATCHDOG=1 in \(limit.seconds)"
    case .watchdogTriggered: return "WATCHDOG=trigger"
    case .rolling: return "a rolling restart"
    case .survivedKill: return "SIGKILL without effect"
    case .asked: return "a request"
    }
  }
}
