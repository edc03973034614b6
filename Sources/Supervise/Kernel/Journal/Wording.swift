internal import Linux
internal import ProgramSpec
internal import SuperviseCore

// What happened and why, in words: the main log, the journal and status say it alike.

extension Reason {
  /// For people.
  var text: String {
    switch self {
    case .exit(let status, let expected):
      "\(status.text); \(expected ? "expected" : "not expected")"
    case .spawnFailure(let failure): failure.text
    case .lastWords(let words): words
    case .notReadyInTime(let limit): "not ready after \(limit.inWords)"
    case .timedOut(let limit): "timed out after \(limit.inWords)"
    case .restartLimit(let limit):
      "more than \(limit.count) restarts in \(limit.window.inWords)"
    case .unhealthy(let words): "unhealthy: \(words)"
    case .memoryLimit(let used, let limit):
      "uses \(used.inMegabytes) of memory; memory_limit is \(limit.inMegabytes)"
    case .maximumUptime(let limit): "up for max_uptime, \(limit.inWords)"
    case .rolling: "rolling restart"
    case .survivedKill: "SIGKILL has not ended the process"
    case .watchdog(let interval): "no WATCHDOG=1 for \(interval.inWords)"
    case .watchdogTriggered: "the program sent WATCHDOG=trigger"
    case .asked: "asked"
    }
  }
}

extension Notification {
  /// As the journal names it.
  var event: String {
    switch self {
    case .ready: "reloaded"
    case .stopping: "program stops itself"
    case .reloading: "program reloads"
    case .status: "status text"
    case .failed: "error reported"
    case .extendTimeout: "timeout extended"
    case .watchdog, .watchdogTriggered, .watchdogInterval: "watchdog"
    case .mainProcess: "main process"
    }
  }

  /// What a program has told, for people; its name stands before it.
  var text: String {
    switch self {
    case .status(let text): "status: \(text)"
    case .failed(let errno): "reported an error: \(Errno(code: errno).message)"
    case .mainProcess(let pid): "its main process is pid \(pid) now"
    case .ready, .stopping, .reloading, .extendTimeout, .watchdog, .watchdogTriggered,
      .watchdogInterval:
      event
    }
  }
}

extension SkipReason {
  /// For people.
  func text(_ plan: Plan) -> String {
    switch self {
    case .stillRunning: "the run before has not ended"
    case .tooManyRuns(let count): "\(count) runs are under way"
    case .heldUp(let node): "\(plan.nodes[node.index].name) is not there"
    case .missed: "the clock has jumped over it by hours"
    }
  }
}

extension UInt64 {
  /// As sizes are written in the configuration.
  fileprivate var inMegabytes: String {
    self < 10 << 20 ? "\(self >> 10)KB" : "\(self >> 20)MB"
  }
}

extension ExitStatus {
  /// As supervisord's log says it.
  var text: String {
    switch self {
    case .code(let code): "exit status \(code)"
    case .signal(let number, let dumped):
      "terminated by \(Signal(number: number))\(dumped ? " (core dumped)" : "")"
    case .outOfMemory: "terminated by SIGKILL (out of memory)"
    case .survivedKill: Reason.survivedKill.text
    }
  }
}

extension ShutdownCause {
  func text(_ plan: Plan) -> String {
    switch self {
    case .signal(let signal): "\(signal)"
    case .asked: "asked"
    case .reload: "reload"
    case .waitTimedOut(let id): "\(plan.members[id.index].displayName) timed out"
    case .hookFailed(let id, let status):
      "\(plan.members[id.index].displayName) failed: \(status?.text ?? "not started")"
    case .exited(let id, let status):
      "\(plan.members[id.index].displayName) exited: \(status.text)"
    case .fatal(let id, _): "\(plan.members[id.index].displayName) is FATAL"
    case .unhealthy(let id): "\(plan.members[id.index].displayName) is unhealthy"
    case .commandNotStarted(_, let failure): failure.text
    }
  }
}
