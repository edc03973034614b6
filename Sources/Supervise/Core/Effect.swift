package import ProgramSpec

/// Everything the core may want done. The kernel does it, in this order, and nothing else.
package enum Effect: Sendable, Equatable {
  /// Start the instance's process, now or later; answered by `spawned` or `spawnFailed` unless it
  /// is cancelled first.
  case spawn(InstanceID)
  /// Do not start the process of a `spawn` that has not been answered; neither `spawned` nor
  /// `spawnFailed` comes for it.
  case cancelSpawn(InstanceID)
  case signal(InstanceID, Signal, SignalTarget)
  /// SIGKILL to what is left of the process group of an instance whose end was just told.
  case killLeftovers(InstanceID)
  /// SIGKILL has not ended the instance's process: its end, should it come, concerns the instance
  /// no longer.
  case abandonProcess(InstanceID)
  /// Begin one check; answered by `probed` unless it is cancelled first.
  case probe(InstanceID, ProbePurpose)
  /// Kill the check under way; no `probed` comes for it.
  case cancelProbe(InstanceID, ProbePurpose)
  /// Run the program's `stop_command`, which is told the pid; answered by `stopCommandEnded`.
  case runStopCommand(InstanceID, pid: Int32)
  /// Kill it: the program has had its time, or has ended. No `stopCommandEnded` comes for it.
  case endStopCommand(InstanceID)
  case record(Record)
  case reply(AskID, Answer)
  /// All but event listeners is down: let them hear of it, then say `eventsDelivered`.
  case deliverEvents
  /// All programs are down: let the logger write what it has, then say `outputFlushed`.
  case flushOutput
  /// Signal every process that is left anywhere below us; all there are where this is the end.
  case signalEverything(Signal, isEnd: Bool)
  /// End with this exit code.
  case finish(Int32)
  /// Everything is down: begin again from nothing, as the same process.
  case beginAgain
}

package enum SignalTarget: String, Sendable, Equatable { case leader, group }

/// One line of an answer at the control socket.
package enum Answer: Sendable, Equatable {
  case started(InstanceID)
  case stopped(InstanceID)
  /// It will be down, and come back, and nobody waits for that.
  case restarting(InstanceID)
  case signalled(InstanceID)
  case fault(name: String, Fault, isGroup: Bool)
  case ready
  case neverReady(reason: String)
  case accepted
  /// Nothing more comes.
  case end
}

/// supervisord's XML-RPC faults, as far as they concern processes.
package enum Fault: Sendable, Equatable {
  case shutdownState, badName, badSignal, noFile, notExecutable, failed
  case abnormalTermination, spawnError, alreadyStarted, notRunning
}
