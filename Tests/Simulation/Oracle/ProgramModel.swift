import ProgramSpec
import SuperviseCore

/// The documented life of one process of a program: states and restarts of supervisord (section 2
/// of its reference), readiness, and the watches that restart a process that runs.
///
/// The model hears the same events as the core and sees its effects. What has to be done while an
/// event is handled is `owed`; what is due later is in the state, with its time.
struct ProgramModel {
  enum State: Equatable {
    case down(Rest)
    /// BACKOFF or EXITED: started again by itself in this window.
    case delayed(Window, hasFailed: Bool)
    /// The spawn has not been answered.
    case launching
    case up(Up)
    case stopping(Up, Stop)
    /// A signal was refused: nothing more is done to the process.
    case lost
  }

  /// How a process that stays down has ended.
  enum Rest { case stopped, exited, fatal }

  /// A process that exists.
  struct Up: Equatable {
    var since: Instant
    /// It has been up for `startsecs`.
    var isRunning = false
    var isReady = false
    /// The end of `ready_timeout`; nil: no limit.
    var readyBy: Instant?
    var readinessProbe = ProbeModel()
    var health = HealthModel()
    var uptimeEnd: Window?
    var watchdog = WatchdogModel()
  }

  /// How far a stop has come.
  struct Stop: Equatable {
    var cause: StopCause
    /// Index into the stop signals; beyond them SIGKILL is repeated.
    var step: Int
    var deadline: Instant
    /// The latest deadline that EXTEND_TIMEOUT_USEC= can bring about; nil: none.
    var extensionLimit: Instant?
    var isCommandRunning = false
  }

  var program: Program
  var state = State.down(.stopped)
  /// The state before the event under way: a shutdown takes back what that event had made due.
  var before = State.down(.stopped)
  var owed: [Deed] = []
  var pace: RestartPace
  var startedAt: Instant?
  var lastExit: ExitStatus?
  /// For `depends_on`: it has been ready since it was last stopped on request.
  var isSatisfied = false
  var isRetired = false
  /// The core has recorded that it is FATAL, since its last start.
  var isFatalRecorded = false
  /// Why the last start has failed.
  var startFailure: SpawnFailure?
  /// What the next start by itself is counted as.
  var nextCause = RestartCause.exit
  /// Starts after the first one, by their causes.
  var restarts: [RestartCause: Int] = [:]

  init(_ program: Program) {
    self.program = program
    pace = RestartPace(program.restart)
  }

  /// The process, if there is one that is not lost.
  var up: Up? {
    switch state {
    case .up(let up), .stopping(let up, _): up
    case .down, .delayed, .launching, .lost: nil
    }
  }

  /// The last start has failed for want of a process: the next one is tried without a limit.
  var isShortOfProcesses: Bool { startFailure?.kind == .shortage }

  func admitsRestart(at now: Instant) -> Bool {
    isShortOfProcesses || pace.admitsRestart(at: now)
  }

  /// Shutdown waits for it.
  var isActive: Bool {
    switch state {
    case .launching, .up, .stopping: true
    case .down, .delayed, .lost: false
    }
  }

  /// It comes, or comes back, without a request.
  var isUnderWay: Bool {
    switch state {
    case .launching, .up, .delayed: true
    case .stopping(_, let stop): stop.cause == .notReady || stop.cause == .renewal
    case .down, .lost: false
    }
  }

  /// The state as `status` shows it.
  var shownState: StateName {
    switch state {
    case .down(.stopped): .stopped
    case .down(.exited), .delayed(_, hasFailed: false): .exited
    case .down(.fatal): .fatal
    case .delayed(_, hasFailed: true): .backoff
    case .launching: .starting
    case .up(let up): up.isRunning ? .running : .starting
    case .stopping: .stopping
    case .lost: .unknown
    }
  }

  /// The latest time at which the model expects the core to be woken; nil: none.
  var wakeUp: Instant? {
    switch state {
    case .delayed(let window, _): window.latest
    case .up(let up): up.wakeUp(program)
    case .stopping(_, let stop): stop.deadline
    case .down, .launching, .lost: nil
    }
  }
}

extension ProgramModel.Up {
  func wakeUp(_ program: Program) -> Instant? {
    let running = isRunning ? nil : since.advanced(by: program.restart.startSeconds)
    let readiness = isReady ? [] : [readyBy, readinessProbe.wakeUp]
    return ([running, health.probe.wakeUp, uptimeEnd?.latest, watchdog.expiry] + readiness)
      .compactMap { $0 }.min()
  }

  /// What ends the checks under way.
  var endOfProbes: [Deed] {
    (readinessProbe.isUnderWay ? [.cancelProbe(.readiness)] : [])
      + (health.probe.isUnderWay ? [.cancelProbe(.health)] : [])
  }

  /// Nothing is checked any more.
  mutating func abandonWatches() {
    readinessProbe = ProbeModel()
    readyBy = nil
    health.probe = ProbeModel()
    uptimeEnd = nil
    watchdog.expiry = nil
  }
}
