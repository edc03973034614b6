package import ProgramSpec

/// One line of the journal. Status, timeline, event listeners, metrics and tests read nothing else.
package struct Record: Sendable, Equatable {
  package var at: Instant
  /// nil: it concerns the supervisor as a whole.
  package var instance: InstanceID?
  package var happening: Happening

  package init(at: Instant, instance: InstanceID?, happening: Happening) {
    self.at = at
    self.instance = instance
    self.happening = happening
  }
}

package enum Happening: Sendable, Equatable {
  case moved(from: StateName, to: StateName, pid: Int32?, because: Reason?)
  case restartScheduled(delay: Duration, tries: Int)
  case signalSent(Signal, SignalTarget, pid: Int32, SignalPurpose)
  /// Somebody waits for it to stop.
  case stopAwaited
  /// The shutdown waits for these.
  case deathsAwaited([InstanceID])
  case signalRefused(String)
  /// The program has told this by sd_notify(3). READY=1 only where it ends a reload.
  case announced(Notification)
  case probeFailed(tries: Int, lastWords: String)
  case health(HealthNews)
  /// The first signal is sent instead.
  case stopCommandFailed(String)
  case signalReceived(Signal)
  /// Every unit that starts by itself has been ready once.
  case startCompleted
  /// Nothing of the rest is on its way: crons begin without it.
  case startStalled
  /// What it waits for will not come by itself.
  case heldUp(by: NodeID)
  case shutdownBegan(ShutdownCause)
  /// A second signal, or the deadline of the whole shutdown: what is left is killed.
  case shutdownHurried
  /// SIGKILL has not ended these processes in time; the supervisor continues without them.
  case processesAbandoned([AbandonedProcess])
  case finished(code: Int32)
  case cron(CronNews)
  case groupAdded(String)
  case groupRemoved(String)
  /// Steps that are done now, and those that are gone.
  case stepsChanged(begun: [String], removed: [String])
  /// A program has another number of processes.
  case scaled(String, Int)
  case client(ClientNews)
}

/// A process that SIGKILL has not ended.
package struct AbandonedProcess: Sendable, Equatable {
  package var instance: InstanceID
  /// nil: the process was about to be started.
  package var pid: Int32?

  package init(instance: InstanceID, pid: Int32?) {
    self.instance = instance
    self.pid = pid
  }
}

package enum HealthNews: Sendable, Equatable {
  /// One of those that are forgiven.
  case checkFailed(failures: Int, lastWords: String)
  /// The check could not be made: it counts neither way.
  case unknown(lastWords: String)
  case becameUnhealthy(lastWords: String)
  case becameHealthy
}

package enum CronNews: Sendable, Equatable {
  /// It is run; of the calendar, with the second since 1970 that was meant.
  case fired(scheduled: Int64?)
  case skipped(SkipReason)
  /// To the configuration, or from it: of the supervisor as a whole.
  case added(String)
  case removed(String)
}

/// Why a signal is sent: to end it, or because somebody wants it sent.
package enum SignalPurpose: Sendable, Equatable { case stop, asked }

package enum Reason: Sendable, Equatable {
  case exit(ExitStatus, expected: Bool)
  case spawnFailure(SpawnFailure)
  case lastWords(String)
  case notReadyInTime(Duration)
  case timedOut(Duration)
  case restartLimit(RestartLimit)
  case unhealthy(String)
  case memoryLimit(used: UInt64, limit: UInt64)
  case maximumUptime(Duration)
  /// No WATCHDOG=1 for so long.
  case watchdog(Duration)
  /// WATCHDOG=trigger
  case watchdogTriggered
  case rolling
  /// SIGKILL has not ended the process.
  case survivedKill
  case asked
}

/// States as the journal names them. Programs use supervisord's, and `waiting` and `ready` beside
/// them; steps the rest.
package enum StateName: String, Sendable, Equatable, CaseIterable {
  case stopped, waiting, starting, running, ready, backoff, stopping, exited, fatal, unknown
  case retrying, passed, succeeded, failed
}

/// Why everything ends. The first cause decides the exit code.
package enum ShutdownCause: Sendable, Equatable {
  case signal(Signal)
  case asked
  /// To begin again.
  case reload
  case waitTimedOut(InstanceID)
  case hookFailed(InstanceID, ExitStatus?)
  case exited(InstanceID, ExitStatus)
  case fatal(InstanceID, ExitStatus?)
  case unhealthy(InstanceID)
  /// In command mode: there was nothing to run.
  case commandNotStarted(InstanceID, SpawnFailure)
}
