import SuperviseCore

enum JournalKind: String, CaseIterable {
  case moved, restartScheduled, signalSent, stopAwaited, deathsAwaited, signalRefused, announced
  case probeFailed, health, stopCommandFailed, signalReceived, startCompleted, startStalled, heldUp
  case shutdownBegan, shutdownHurried, processesAbandoned, finished, cron, groupAdded, groupRemoved
  case stepsChanged, scaled, client
}

enum ReasonKind: String, CaseIterable {
  case exit, spawnFailure, lastWords, notReadyInTime, timedOut, restartLimit, unhealthy
  case memoryLimit, maximumUptime, watchdog, watchdogTriggered, rolling, survivedKill, asked
}

enum CauseKind: String, CaseIterable {
  case signal, asked, reload, waitTimedOut, hookFailed, exited, fatal, unhealthy, commandNotStarted
}

enum HealthKind: String, CaseIterable { case checkFailed, unknown, becameUnhealthy, becameHealthy }

enum CronKind: String, CaseIterable { case fired, skipped, added, removed }

enum SkipKind: String, CaseIterable { case stillRunning, tooManyRuns, heldUp, missed }

enum NotificationKind: String, CaseIterable {
  case ready, stopping, reloading, status, failed, extendTimeout, watchdog, watchdogTriggered
  case watchdogInterval, mainProcess
}

extension Happening {
  var kind: JournalKind {
    switch self {
    case .moved: .moved
    case .restartScheduled: .restartScheduled
    case .signalSent: .signalSent
    case .stopAwaited: .stopAwaited
    case .deathsAwaited: .deathsAwaited
    case .signalRefused: .signalRefused
    case .announced: .announced
    case .probeFailed: .probeFailed
    case .health: .health
    case .stopCommandFailed: .stopCommandFailed
    case .signalReceived: .signalReceived
    case .startCompleted: .startCompleted
    case .startStalled: .startStalled
    case .heldUp: .heldUp
    case .shutdownBegan: .shutdownBegan
    case .shutdownHurried: .shutdownHurried
    case .processesAbandoned: .processesAbandoned
    case .finished: .finished
    case .cron: .cron
    case .groupAdded: .groupAdded
    case .groupRemoved: .groupRemoved
    case .stepsChanged: .stepsChanged
    case .scaled: .scaled
    case .client: .client
    }
  }
}

extension Reason {
  var kind: ReasonKind {
    switch self {
    case .exit: .exit
    case .spawnFailure: .spawnFailure
    case .lastWords: .lastWords
    case .notReadyInTime: .notReadyInTime
    case .timedOut: .timedOut
    case .restartLimit: .restartLimit
    case .unhealthy: .unhealthy
    case .memoryLimit: .memoryLimit
    case .maximumUptime: .maximumUptime
    case .watchdog: .watchdog
    case .watchdogTriggered: .watchdogTriggered
    case .rolling: .rolling
    case .survivedKill: .survivedKill
    case .asked: .asked
    }
  }
}

extension ShutdownCause {
  var kind: CauseKind {
    switch self {
    case .signal: .signal
    case .asked: .asked
    case .reload: .reload
    case .waitTimedOut: .waitTimedOut
    case .hookFailed: .hookFailed
    case .exited: .exited
    case .fatal: .fatal
    case .unhealthy: .unhealthy
    case .commandNotStarted: .commandNotStarted
    }
  }
}

extension HealthNews {
  var kind: HealthKind {
    switch self {
    case .checkFailed: .checkFailed
    case .unknown: .unknown
    case .becameUnhealthy: .becameUnhealthy
    case .becameHealthy: .becameHealthy
    }
  }
}

extension CronNews {
  var kind: CronKind {
    switch self {
    case .fired: .fired
    case .skipped: .skipped
    case .added: .added
    case .removed: .removed
    }
  }
}

extension SkipReason {
  var kind: SkipKind {
    switch self {
    case .stillRunning: .stillRunning
    case .tooManyRuns: .tooManyRuns
    case .heldUp: .heldUp
    case .missed: .missed
    }
  }
}

extension Notification {
  var kind: NotificationKind {
    switch self {
    case .ready: .ready
    case .stopping: .stopping
    case .reloading: .reloading
    case .status: .status
    case .failed: .failed
    case .extendTimeout: .extendTimeout
    case .watchdog: .watchdog
    case .watchdogTriggered: .watchdogTriggered
    case .watchdogInterval: .watchdogInterval
    case .mainProcess: .mainProcess
    }
  }
}
