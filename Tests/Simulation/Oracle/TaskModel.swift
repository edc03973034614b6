import ProgramSpec
import SuperviseCore

/// The documented life of a command that has to succeed once: a directory, a template, a hook, and
/// each run of a cron.
struct TaskModel {
  enum State: Equatable {
    case down(Result)
    case launching
    /// nil: no time-out.
    case running(timeOutAt: Instant?)
    case stopping(killAt: Instant, isTimedOut: Bool)
    /// SIGKILL has been sent; nil: it was of no effect, and the process is still the run of a cron.
    case killed(abandonAt: Instant?, isTimedOut: Bool)
    case retrying(at: Instant)
  }

  enum Result: Equatable { case stopped, succeeded, failed(ExitStatus?) }

  /// What the configuration says about it.
  struct Policy: Equatable {
    var timeout: Duration
    var retries = 0
    var retryDelay = Duration.zero
    var isForgiven = false
    var stage = Hook.Stage.start
    /// A run of a cron goes on until its process has ended, or the run is stopped.
    var isCron = false
    /// Starts in a row that may fail for want of a process without being attempts.
    var maxShortages = 10

    /// Directories and templates, so that a dead network disk ends the start.
    static let file = Policy(timeout: .seconds(300))
  }

  /// From SIGTERM to SIGKILL.
  static let grace = Duration.seconds(5)
  /// From SIGKILL to the moment at which the process is left alone.
  static let killLimit = Duration.seconds(5)

  var policy: Policy
  var state = State.down(.stopped)
  var before = State.down(.stopped)
  var owed: [Deed] = []
  var attempts = 0
  private var shortages = 0
  var isRetired = false
  /// Of the last attempt: there was no process.
  private(set) var hasFailedToStart = false

  init(_ policy: Policy) { self.policy = policy }

  var isActive: Bool {
    switch state {
    case .launching, .running, .stopping, .killed: true
    case .down, .retrying: false
    }
  }

  var isUnderWay: Bool {
    switch state {
    case .launching, .running, .retrying: true
    case .stopping(_, let isTimedOut), .killed(_, let isTimedOut): isTimedOut
    case .down: false
    }
  }

  var isSatisfied: Bool {
    switch state {
    case .down(.succeeded): true
    case .down(.failed): policy.isForgiven
    case .down(.stopped), .launching, .running, .stopping, .killed, .retrying: false
    }
  }

  var shownState: StateName {
    switch state {
    case .down(.stopped): .stopped
    case .down(.succeeded): .succeeded
    case .down(.failed): .failed
    case .launching, .running: .running
    case .stopping, .killed: .stopping
    case .retrying: .retrying
    }
  }

  var wakeUp: Instant? {
    switch state {
    case .running(let timeOutAt): timeOutAt
    case .stopping(let killAt, _): killAt
    case .killed(let abandonAt, _): abandonAt
    case .retrying(let at): at
    case .down, .launching: nil
    }
  }

  mutating func spawned(at now: Instant) {
    hasFailedToStart = false
    state = .running(timeOutAt: policy.timeout == .zero ? nil : now.advanced(by: policy.timeout))
  }

  mutating func spawnFailed(_ failure: SpawnFailure, at now: Instant) {
    let isBegun =
      switch state {
      case .launching, .running: true
      case .down, .retrying, .stopping, .killed: false
      }
    guard failure.kind == .shortage, isBegun, shortages < policy.maxShortages else {
      return ended(nil, at: now)
    }
    hasFailedToStart = true
    attempts -= 1
    shortages += 1
    state = .retrying(at: now.advanced(by: .seconds(shortages)))
  }

  /// `status` is nil where nothing could be run.
  mutating func ended(_ status: ExitStatus?, at now: Instant) {
    // The shutdown may have stopped it meanwhile: then it ends as one that was stopped.
    if status != .code(0) || (isTimedOut == true && !isRetired) { owed.append(.killLeftovers) }
    conclude(status, at: now)
  }

  private mutating func conclude(_ status: ExitStatus?, at now: Instant) {
    hasFailedToStart = status == nil
    shortages = 0
    if isTimedOut == false {
      state = .down(.stopped)
    } else if status == .code(0), isTimedOut == nil {
      state = .down(.succeeded)
    } else {
      state =
        attempts <= policy.retries
        ? .retrying(at: now.advanced(by: policy.retryDelay)) : .down(.failed(status))
    }
  }

  /// Whether a time limit ends it; nil: nothing does.
  private var isTimedOut: Bool? {
    switch state {
    case .stopping(_, let isTimedOut), .killed(_, let isTimedOut): isTimedOut
    case .down, .launching, .running, .retrying: nil
    }
  }

  mutating func timePassed(at now: Instant) {
    switch state {
    case .running(.some(let end)) where end <= now: terminate(isTimedOut: true, at: now)
    case .stopping(let killAt, let isTimedOut) where killAt <= now:
      kill(isTimedOut: isTimedOut, at: now)
    case .killed(.some(let abandonAt), let isTimedOut) where abandonAt <= now:
      if policy.isCron, isTimedOut {
        state = .killed(abandonAt: nil, isTimedOut: true)
      } else {
        abandon(at: now)
      }
    case .retrying(let at) where at <= now: owed.append(.spawn)
    case .down, .launching, .running, .stopping, .killed, .retrying: break
    }
  }

  private mutating func abandon(at now: Instant) {
    owed.append(.abandonProcess)
    conclude(.survivedKill, at: now)
  }

  private mutating func terminate(isTimedOut: Bool, at now: Instant) {
    owed.append(.signal(.terminate, .group))
    state = .stopping(killAt: now.advanced(by: TaskModel.grace), isTimedOut: isTimedOut)
  }

  private mutating func kill(isTimedOut: Bool, at now: Instant) {
    owed.append(.signal(.kill, .group))
    state = .killed(abandonAt: now.advanced(by: TaskModel.killLimit), isTimedOut: isTimedOut)
  }

  /// On request, by the shutdown, or because the configuration has changed.
  mutating func stop(at now: Instant) {
    switch state {
    case .launching:
      owed.append(.cancelSpawn)
      state = .down(.stopped)
    case .running: terminate(isTimedOut: false, at: now)
    case .stopping(let killAt, _): state = .stopping(killAt: killAt, isTimedOut: false)
    case .killed(let abandonAt, _):
      state = .killed(abandonAt: abandonAt, isTimedOut: false)
      if abandonAt == nil { abandon(at: now) }
    case .retrying: state = .down(.stopped)
    case .down: break
    }
  }

  mutating func killNow(at now: Instant) {
    owed = []
    switch state {
    case .running, .stopping: kill(isTimedOut: false, at: now)
    case .launching, .killed, .retrying, .down: stop(at: now)
    }
  }

  /// The shutdown has begun: a retry that the event under way had made due is not done.
  mutating func takeBack() {
    isRetired = true
    if case .retrying = state { owed.removeAll { $0 == .spawn } }
  }

  /// Returns what is wrong with it.
  mutating func did(_ deed: Deed, _ grounds: Grounds, at now: Instant) -> String? {
    if take(deed) { return nil }
    if deed == .spawn {
      guard case .down = state, grounds.isWanted else { return "started while \(shownState)" }
      attempts = 1
      shortages = 0
      // A stop hook begins in the shutdown, which does not stop it.
      isRetired = false
      state = .launching
      return nil
    }
    guard grounds.stop != nil else { return "\(deed) without a cause while \(shownState)" }
    stop(at: now)
    return take(deed) ? nil : "\(deed) instead of \(owed)"
  }

  private mutating func take(_ deed: Deed) -> Bool {
    guard let index = owed.firstIndex(of: deed) else { return false }
    owed.remove(at: index)
    if deed == .spawn {
      attempts += 1
      state = .launching
    }
    return true
  }
}

extension TaskModel.Policy {
  init(_ hook: Hook) {
    timeout = hook.timeout
    retries = hook.retries
    retryDelay = hook.retryDelay
    isForgiven = hook.onFailure == .continue
    stage = hook.stage
    if stage == .stop { maxShortages = 0 }
  }

  init(_ cron: Cron) {
    timeout = cron.timeout
    retries = cron.retries
    retryDelay = cron.retryDelay
    isForgiven = true
    isCron = true
  }
}
