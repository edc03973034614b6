// # The states of a program's process
//
// They are supervisord's (section 2 of its behaviour), with the payload each needs, so that a
// process that does not run cannot have a pid and one that waits cannot lack its time.
//
// | state       | shown as | leaves when                                                        |
// |-------------|----------|--------------------------------------------------------------------|
// | `stopped`   | STOPPED  | it is started                                                      |
// | `launching` | STARTING | PID 1 has answered the spawn, which waits in a queue; a stop       |
// |             |          | cancels the spawn (STOPPED)                                        |
// | `starting`  | STARTING | it has been up for `startsecs` (RUNNING), or ends before (BACKOFF) |
// | `running`   | RUNNING  | it ends by itself (EXITED) or is stopped (STOPPING)                |
// | `backoff`   | BACKOFF  | its delay is over (STARTING), or it has failed too often (FATAL)   |
// | `stopping`  | STOPPING | it is reaped; at each deadline the next signal, in the end         |
// |             |          | SIGKILL; in a shutdown UNKNOWN where that does not end it          |
// | `exited`    | EXITED   | at once, or after its delay, if it is to be restarted              |
// | `fatal`     | FATAL    | it is started by hand                                              |
// | `unknown`   | UNKNOWN  | it is reaped; the kernel refused to signal it, or a shutdown       |
// |             |          | continues without it                                               |
//
// Readiness stands beside the states: RUNNING is not ready where `ready=` says how to find out,
// and with a probe a program may be ready while it is still STARTING.

package enum ProgramState: Sendable, Equatable {
  case stopped
  case launching
  case starting(Live)
  case running(Live)
  case backoff(until: Instant)
  case stopping(Live, Stopping)
  case exited(restartAt: Instant?)
  case fatal
  case unknown(Live)
}

/// A process that exists.
package struct Live: Sendable, Equatable {
  package var pid: Int32
  package var since: Instant
  package var readiness: ReadinessWatch
  /// nil: nobody asks.
  package var health: HealthWatch?
  /// When it has been up for long enough, by `max_uptime`.
  var renewAt: Instant?
  /// nil: no `watchdog`.
  var watchdog: Watchdog?

  /// When something about it is to be looked at.
  var nextDeadline: Instant? {
    [readiness.nextDeadline, health?.nextDeadline, renewAt, watchdog?.deadline]
      .compactMap { $0 }.min()
  }

  /// It is being stopped, or everything is: nobody asks any more how it is.
  mutating func abandonWatches(_ turn: inout Turn) {
    readiness.abandon(&turn)
    health?.abandon(&turn)
    renewAt = nil
    watchdog?.abandon()
  }
}

/// How far the signals have got.
package struct Stopping: Sendable, Equatable {
  var intent: StopIntent
  /// Index into the policy's steps; from their count on SIGKILL has been sent, once more for each
  /// number.
  var step: Int
  var deadline: Instant
  /// How far EXTEND_TIMEOUT_USEC= may move the deadline; nil: not at all, since SIGKILL has been
  /// sent, or a shutdown has begun.
  var extensionLimit: Instant?
  /// `stop_command` is under way, in the place of the first signal.
  var isCommandRunning = false
}

/// What becomes of a process once it has been stopped.
package enum StopIntent: Sendable, Equatable {
  /// STOPPED, and it stays so.
  case asked
  /// The same, and nothing of its process group may be left.
  case shutdown
  /// As `shutdown`, by SIGKILL at once.
  case hurried
  /// It was not ready in time: a failed start.
  case notReady
  /// Started again as soon as it is down.
  case renewal(Reason)

  var isFollowedByStart: Bool {
    switch self {
    case .notReady, .renewal: true
    case .asked, .shutdown, .hurried: false
    }
  }
}

extension ProgramState {
  package var name: StateName {
    switch self {
    case .stopped: .stopped
    case .launching, .starting: .starting
    case .running: .running
    case .backoff: .backoff
    case .stopping: .stopping
    case .exited: .exited
    case .fatal: .fatal
    case .unknown: .unknown
    }
  }

  package var live: Live? {
    switch self {
    case .starting(let live), .running(let live), .stopping(let live, _), .unknown(let live): live
    case .stopped, .launching, .backoff, .exited, .fatal: nil
    }
  }

  /// A process exists, or is about to, that shutdown must wait for. A shutdown does not wait for a
  /// process that may not be signaled or that SIGKILL has not ended.
  package var isActive: Bool {
    switch self {
    case .launching, .starting, .running, .stopping: true
    case .stopped, .backoff, .exited, .fatal, .unknown: false
    }
  }

  /// supervisord's RUNNING set, which `stop` acts on and `start` refuses.
  package var isRunningSet: Bool {
    switch self {
    case .launching, .starting, .running, .backoff: true
    case .stopped, .stopping, .exited, .fatal, .unknown: false
    }
  }

  /// On its way to being ready without anybody's help.
  var isUnderWay: Bool {
    switch self {
    case .launching, .starting, .running, .backoff, .exited(restartAt: .some): true
    case .stopping(_, let stopping): stopping.intent.isFollowedByStart
    case .stopped, .exited(restartAt: .none), .fatal, .unknown: false
    }
  }
}
