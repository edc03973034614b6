/// What PID 1 and the logger say to the events role, and it to PID 1: one record of a
/// SOCK_SEQPACKET channel each.
///
/// A listener is introduced by two or three records: `listener` with the write end of its stdin,
/// `listenerLog` with the write end of the pipe its stdout is logged by, if it is, and
/// `listenerOutput` with the read end of its stdout. PID 1 keeps a duplicate of each, and makes new
/// pipes for each start.
package enum EventsMessage: Sendable, Equatable {
  /// To the role: whether PID 1 wants to hear lines of the level DEBG.
  case verbosity(isDebug: Bool)
  /// To the role: from now on this pool receives what it subscribes to.
  case pool(PoolDescription)
  /// To the role: the pool is gone, with its listeners and what it had buffered.
  case removePool(name: String)
  /// To the role, with the write end of its stdin. Takes the place of an older process of the same
  /// instance.
  case listener(ListenerDescription)
  /// To the role, with the read end of its stdout; last, for now its output is read.
  case listenerOutput(instance: UInt32)
  /// To the role, with the write end of a pipe to the logger.
  case listenerLog(instance: UInt32)
  /// To the role: whether its process state is RUNNING; only then it is sent events.
  case listenerState(instance: UInt32, isRunning: Bool)
  /// To the role: its process has been reaped. An event it had not answered goes to another.
  case listenerEnded(instance: UInt32)
  /// To the role: something happened.
  case event(EventType, payload: [UInt8])
  /// To the role: how the payload of the next event on the same channel begins.
  case part([UInt8])
  /// To the role, with the other end of the channel that the logger got by its message `events`.
  case loggerChannel
  /// To the role: say `delivered` as soon as no listener is to be told anything more.
  case deliver
  /// To the role: end.
  case finish
  /// To PID 1: a line for the main log.
  case say(Level, String)
  /// To PID 1: output of a listener for the main log at level debug, below a line that names it.
  case copy(heading: String, output: String)
  /// To PID 1: where the listener stands now, to be given back in its description should the role
  /// have to be started again.
  case listening(instance: UInt32, ListenerState)
  /// To PID 1: the answer to `deliver`.
  case delivered

  /// Of the main log.
  package enum Level: UInt8, Sendable { case debug, info, warning, error, critical }
}

/// One `[eventlistener:x]`.
package struct PoolDescription: Sendable, Equatable {
  package var name: String
  /// supervisord's `identifier`.
  package var server: String
  package var events: [EventType]
  /// Events that wait for a listener; beyond it the oldest is discarded.
  package var bufferSize: UInt32 = 10
  /// What `len:` counts: characters, as supervisord does, or bytes, as its documentation says.
  package var countsCharacters = false
  package var resultHandler = ResultHandler.standard
  /// What the result handler prints is shown line by line, each with the program's name and with
  /// control characters escaped; else as it is.
  package var marksLines = false

  package init(name: String, server: String, events: [EventType]) {
    self.name = name
    self.server = server
    self.events = events
  }
}

/// What a pool does with the results of its listeners: `result_handler` of supervisord, which names
/// a Python function there.
package enum ResultHandler: UInt8, Sendable {
  /// `OK` is success, all else a rejection.
  case standard
  /// `supervisor_stdout:event_handler` of the package supervisor-stdout: prints what a program
  /// wrote, which its listener returns as the result.
  case supervisorStdout
  /// A function of which nothing is known: every result is success.
  case unknown
}

/// One process of a pool.
package struct ListenerDescription: Sendable, Equatable {
  package var pool: String
  /// The lower of two that are ready is sent the event.
  package var instance: UInt32
  package var name: String
  /// A process that has just been started is ACKNOWLEDGED.
  package var state = ListenerState.acknowledged
  package var isRunning = false

  package init(pool: String, instance: UInt32, name: String) {
    self.pool = pool
    self.instance = instance
    self.name = name
  }
}

/// supervisord section 7.4, with its codes.
package enum ListenerState: UInt8, Sendable {
  /// Waits for an event.
  case ready = 10
  /// Has one that it has not answered.
  case busy = 20
  /// Has answered, or just started: has to say READY.
  case acknowledged = 30
  /// Has broken the protocol; gets nothing more until its process is started again.
  case unknown = 40

  package var name: String {
    switch self {
    case .ready: "READY"
    case .busy: "BUSY"
    case .acknowledged: "ACKNOWLEDGED"
    case .unknown: "UNKNOWN"
    }
  }
}
