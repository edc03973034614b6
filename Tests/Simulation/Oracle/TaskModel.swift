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
    /// Starts in a row that may fail for want of a process without being attempts.
    var maxShortages = 10

    /// Directories and templates, so that a dead network disk ends the start.
    static let file = Policy(timeout: .seconds(300))
  }

  /// From SIGTERM to SIGKILL.
  static let grace = Duration.seconds(5)
  static let killInterval = Duration.seconds(1)

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
    case .launching, .running, .stopping: true
    case .down, .retrying: false
    }
  }

  var isUnderWay: Bool {
    switch state {
    case .launching, .running, .retrying, .stopping(_, isTimedOut: true): true
    case .down, .stopping(_, isTimedOut: false): false
    }
  }

  var isSatisfied: Bool {
    switch state {
    case .down(.succeeded): true
    case .down(.failed): policy.isForgiven
    case .down(.stopped), .launching, .running, .stopping, .retrying: false
    }
  }

  var shownState: StateName {
    switch state {
    case .down(.stopped): .stopped
    case .down(.succeeded): .succeeded
    case .down(.failed): .failed
    case .launching, .running: .running
    case .stopping: .stopping
    case .retrying: .retrying
    }
  }

  var wakeUp: Instant? {
    switch state {
    case .running(let timeOutAt): timeOutAt
    case .stopping(let killAt, _): killAt
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
      case .down, .retrying, .stopping: false
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
    hasFailedToStart = status == nil
    shortages = 0
    let isTimedOut = if case .stopping(_, isTimedOut: true) = state { true } else { false }
    if case .stopping(_, isTimedOut: false) = state {
      if status != .code(0) { owed.append(.killLeftovers) }
      state = .down(.stopped)
    } else if status == .code(0), !isTimedOut {
      state = .down(.succeeded)
    } else {
      // The shutdown may have stopped it meanwhile: then it ends as one that was stopped.
      if !isRetired || status != .code(0) { owed.append(.killLeftovers) }
      state =
        attempts <= policy.retries
        ? .retrying(at: now.advanced(by: policy.retryDelay)) : .down(.failed(status))
    }
  }

  mutating func timePassed(at now: Instant) {
    switch state {
    case .running(.some(let end)) where end <= now: terminate(isTimedOut: true, at: now)
    case .stopping(let killAt, let isTimedOut) where killAt <= now:
      kill(isTimedOut: isTimedOut, at: now)
    case .retrying(let at) where at <= now: owed.append(.spawn)
    case .down, .launching, .running, .stopping, .retrying: break
    }
  }

  private mutating func terminate(isTimedOut: Bool, at now: Instant) {
    owed.append(.signal(.terminate, .group))
    state = .stopping(killAt: now.advanced(by: TaskModel.grace), isTimedOut: isTimedOut)
  }

  private mutating func kill(isTimedOut: Bool, at now: Instant) {
    owed.append(.signal(.kill, .group))
    state = .stopping(killAt: now.advanced(by: TaskModel.killInterval), isTimedOut: isTimedOut)
  }

  /// On request, by the shutdown, or because the configuration has changed.
  mutating func stop(at now: Instant) {
    switch state {
    case .launching:
      owed.append(.cancelSpawn)
      state = .down(.stopped)
    case .running: terminate(isTimedOut: false, at: now)
    case .stopping(let killAt, _): state = .stopping(killAt: killAt, isTimedOut: false)
    case .retrying: state = .down(.stopped)
    case .down: break
    }
  }

  mutating func killNow(at now: Instant) {
    owed = []
    switch state {
    case .running, .stopping: kill(isTimedOut: false, at: now)
    case .launching, .retrying, .down: stop(at: now)
    }
  }

  /// The shutdown has begun: a retry that the event under way had made due is not done.
  mutating func takeBack() {
    isRetired = true
    if case .retrying = state { owed = [] }
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
  }
}
