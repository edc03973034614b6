import SuperviseCore

/// Names of the cases of the core's types. Cases without payloads can be enumerated, so that a
/// campaign can tell which cases never occurred; a new case of the core does not compile until it
/// has a name here.
enum EventKind: String, CaseIterable {
  case began, spawned, spawnFailed, exited, probed, probeFailedToStart, announcedReadiness
  case notified, outgrew, stopCommandEnded, signalRefused, asked, hungUp, signalled, clockSet
  case deadlinePassed, eventsDelivered, outputFlushed, childless
}

enum RequestKind: String, CaseIterable {
  case start, stop, restart, roll, signal, misnamedSignal, awaitReadiness, shutdown, reload
}

enum EffectKind: String, CaseIterable {
  case spawn, cancelSpawn, signal, killLeftovers, abandonProcess, probe, cancelProbe
  case runStopCommand, endStopCommand, record, reply, deliverEvents, flushOutput, signalEverything
  case finish, beginAgain
}

enum AnswerKind: String, CaseIterable {
  case started, stopped, restarting, signalled, fault, ready, neverReady, accepted, end
}

enum FaultKind: String, CaseIterable {
  case shutdownState, badName, badSignal, noFile, notExecutable, failed, abnormalTermination
  case spawnError, alreadyStarted, notRunning
}

extension Event {
  var kind: EventKind {
    switch self {
    case .began: .began
    case .spawned: .spawned
    case .spawnFailed: .spawnFailed
    case .exited: .exited
    case .probed: .probed
    case .probeFailedToStart: .probeFailedToStart
    case .announcedReadiness: .announcedReadiness
    case .notified: .notified
    case .outgrew: .outgrew
    case .stopCommandEnded: .stopCommandEnded
    case .signalRefused: .signalRefused
    case .asked: .asked
    case .hungUp: .hungUp
    case .signalled: .signalled
    case .clockSet: .clockSet
    case .deadlinePassed: .deadlinePassed
    case .eventsDelivered: .eventsDelivered
    case .outputFlushed: .outputFlushed
    case .childless: .childless
    }
  }
}

extension Request {
  var kind: RequestKind {
    switch self {
    case .start: .start
    case .stop: .stop
    case .restart: .restart
    case .roll: .roll
    case .signal: .signal
    case .misnamedSignal: .misnamedSignal
    case .awaitReadiness: .awaitReadiness
    case .shutdown: .shutdown
    case .reload: .reload
    }
  }
}

extension Effect {
  var kind: EffectKind {
    switch self {
    case .spawn: .spawn
    case .cancelSpawn: .cancelSpawn
    case .signal: .signal
    case .killLeftovers: .killLeftovers
    case .abandonProcess: .abandonProcess
    case .probe: .probe
    case .cancelProbe: .cancelProbe
    case .runStopCommand: .runStopCommand
    case .endStopCommand: .endStopCommand
    case .record: .record
    case .reply: .reply
    case .deliverEvents: .deliverEvents
    case .flushOutput: .flushOutput
    case .signalEverything: .signalEverything
    case .finish: .finish
    case .beginAgain: .beginAgain
    }
  }
}

extension Answer {
  var kind: AnswerKind {
    switch self {
    case .started: .started
    case .stopped: .stopped
    case .restarting: .restarting
    case .signalled: .signalled
    case .fault: .fault
    case .ready: .ready
    case .neverReady: .neverReady
    case .accepted: .accepted
    case .end: .end
    }
  }
}

extension Fault {
  var kind: FaultKind {
    switch self {
    case .shutdownState: .shutdownState
    case .badName: .badName
    case .badSignal: .badSignal
    case .noFile: .noFile
    case .notExecutable: .notExecutable
    case .failed: .failed
    case .abnormalTermination: .abnormalTermination
    case .spawnError: .spawnError
    case .alreadyStarted: .alreadyStarted
    case .notRunning: .notRunning
    }
  }
}
