import ProgramSpec
import SuperviseCore

extension Duration {
  /// With all digits that matter: `1.5 s`.
  var seconds: String { "\(Double(wholeNanoseconds) / 1e9) s" }
}

extension ExitStatus {
  var values: String {
    switch self {
    case .code(let code): return "code \(code)"
    case .signal(let number, let dumped): return "signal \(number)\(dumped ? ", core dumped" : "")"
    case .outOfMemory: return "killed for want of memory"
    case .survivedKill: return "SIGKILL without effect"
    }
  }
}

extension ExitStatus? {
  var values: String { self?.values ?? "no process" }
}

extension SpawnFailure {
  var values: String {
    switch kind {
    case .noFile: return "no file: \(text)"
    case .notExecutable: return "not executable: \(text)"
    case .shortage: return "shortage: \(text)"
    case .other: return text
    }
  }
}

extension ProbePurpose {
  var word: String {
    switch self {
    case .wait: return "wait"
    case .readiness: return "readiness"
    case .health: return "health"
    }
  }
}

extension Verdict {
  var values: String {
    switch self {
    case .passed(let words): return "passed: \(words)"
    case .failed(let words): return "failed: \(words)"
    }
  }
}

extension Notification {
  var values: String {
    switch self {
    case .ready: return "READY=1"
    case .stopping: return "STOPPING=1"
    case .reloading: return "RELOADING=1"
    case .status(let text): return "STATUS=\(text)"
    case .failed(let errno): return "ERRNO=\(errno)"
    case .extendTimeout(let limit): return "EXTEND_TIMEOUT_USEC of \(limit.seconds)"
    case .watchdog: return "WATCHDOG=1"
    case .watchdogTriggered: return "WATCHDOG=trigger"
    case .watchdogInterval(let limit): return "WATCHDOG_USEC of \(limit.seconds)"
    case .mainProcess(let pid): return "MAINPID=\(pid)"
    }
  }
}

extension HealthNews {
  var values: String {
    switch self {
    case .checkFailed(let failures, let words): return "check failed, \(failures): \(words)"
    case .unknown(let words): return "unknown: \(words)"
    case .becameUnhealthy(let words): return "became unhealthy: \(words)"
    case .becameHealthy: return "became healthy"
    }
  }
}

extension CronNews {
  var values: String {
    switch self {
    case .fired(let scheduled): return "fired\(scheduled.map { " for second \($0)" } ?? "")"
    case .skipped(let reason): return "skipped: \(reason.values)"
    case .added(let name): return "added \(name)"
    case .removed(let name): return "removed \(name)"
    }
  }
}

extension SkipReason {
  var values: String {
    switch self {
    case .stillRunning: return "still running"
    case .tooManyRuns(let count): return "\(count) runs"
    case .heldUp(let node): return "blocked by node \(node.index)"
    case .missed: return "missed"
    }
  }
}
