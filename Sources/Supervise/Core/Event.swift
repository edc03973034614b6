package import ProgramSpec

/// Everything that can happen to the fleet. The kernel tells; the core decides.
package enum Event: Sendable, Equatable {
  /// The loop runs: start what is to be started.
  case began
  /// Answers an `Effect.spawn`, before any later event of that process.
  case spawned(InstanceID, pid: Int32)
  /// Nothing runs: answers an `Effect.spawn`, or follows a `spawned` whose set-up failed.
  case spawnFailed(InstanceID, SpawnFailure)
  /// The process has ended. It is still a zombie, so its process group can be signalled safely.
  case exited(InstanceID, ExitStatus)
  /// Answers an `Effect.probe`.
  case probed(InstanceID, ProbePurpose, Verdict)
  /// Answers it too: there was nobody to ask with, for want of processes or descriptors.
  case probeFailedToStart(InstanceID, ProbePurpose, SpawnFailure)
  /// The program said by itself that it is ready (sd_notify, a newline, a line of output).
  case announcedReadiness(InstanceID)
  /// The program has announced this by sd_notify(3).
  case notified(InstanceID, Notification)
  /// Its processes use so much memory, which is more than `memory_limit`.
  case outgrew(InstanceID, bytes: UInt64)
  /// Answers an `Effect.runStopCommand`; failed too where it could not be started.
  case stopCommandEnded(InstanceID, Verdict)
  /// kill(2) failed with something else than ESRCH.
  case signalRefused(InstanceID, error: String)
  /// Somebody at the control socket wants something.
  case asked(AskID, Request)
  /// The one who asked has gone; nobody waits for that answer any more.
  case hungUp(AskID)
  /// A signal arrived at the supervisor itself.
  case signalled(Signal)
  /// What the clock on the wall shows: before `began`, and whenever it has been set.
  case clockSet(WallClock)
  /// `nextDeadline` has come.
  case deadlinePassed
  /// Event listeners have been told everything, or cannot be told more.
  case eventsDelivered
  /// The logger has written everything and ended, or was given up.
  case outputFlushed
  /// No child of any kind is left.
  case childless
}

package enum ProbePurpose: Sendable, Equatable { case wait, readiness, health }

/// What a probe found, with its last words: `db:3306: connection refused`.
package enum Verdict: Sendable, Equatable {
  case passed(String)
  case failed(String)
}

/// A wish from the control socket.
package enum Request: Sendable, Equatable {
  /// With `waits` answered once it runs or never will, else as soon as it is under way. What stands
  /// in `impossible` has no command that could be run: known before anything is tried.
  /// `crons`: a name may be a cron's, which is run now.
  case start(
    [String], waits: Bool = true, impossible: [InstanceID: Fault] = [:], crons: Bool = false)
  /// With `waits` answered once it has stopped.
  case stop([String], waits: Bool = true, crons: Bool = false)
  /// Stop them, and once all of them are down start them, whoever asked being there or not.
  case restart(
    [String], waits: Bool = true, impossible: [InstanceID: Fault] = [:], crons: Bool = false)
  /// Restart these one after the other, each ready before the next one is touched; answered for
  /// each as it is.
  case roll([String])
  /// nil: the one that makes each program reload.
  case signal(Signal?, [String])
  /// The same with what is no signal: whoever exists is told so.
  case misnamedSignal([String])
  /// Answered when the start is complete, or can no longer be.
  case awaitReadiness
  case shutdown
  /// Stop everything, and begin again with the configuration as it is then.
  case reload
}
