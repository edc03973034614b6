import ProgramSpec
import SuperviseCore

/// The model of one instance, of whatever kind. Indirect, because it is read far more often than
/// it changes.
indirect enum UnitModel {
  case program(ProgramModel)
  case task(TaskModel)
  case wait(WaitModel)
  case cron(TaskModel)

  init(_ work: Unit.Work) {
    switch work {
    case .program(let program): self = .program(ProgramModel(program))
    case .hook(let hook): self = .task(TaskModel(TaskModel.Policy(hook)))
    case .directory, .template: self = .task(TaskModel(.file))
    case .wait(let wait): self = .wait(WaitModel(wait))
    case .cron(let cron): self = .cron(TaskModel(TaskModel.Policy(cron)))
    }
  }

  var owed: [Deed] {
    switch self {
    case .program(let program): program.owed
    case .task(let task), .cron(let task): task.owed
    case .wait(let wait): wait.owed
    }
  }

  var wakeUp: Instant? {
    switch self {
    case .program(let program): program.wakeUp
    case .task(let task), .cron(let task): task.wakeUp
    case .wait(let wait): wait.wakeUp
    }
  }

  var shownState: StateName {
    switch self {
    case .program(let program): program.shownState
    case .task(let task), .cron(let task): task.shownState
    case .wait(let wait): wait.shownState
    }
  }

  /// Whether a program that was being stopped when the shutdown began has come to its turn does
  /// not show: from then on it ends as one that the shutdown stops.
  func mayBeShown(as state: StateName) -> Bool {
    if case .program(let program) = self, program.isRetired, state == .stopped,
      program.state == .down(.fatal)
    {
      return true
    }
    if case .task(let task) = self, task.isRetired, state == .stopped, shownState == .failed {
      return true
    }
    // Its time was over at the moment at which the shutdown stopped it.
    if case .wait(let wait) = self, wait.isRetired, state == .stopped,
      wait.state == .down(.failed)
    {
      return true
    }
    return state == shownState
  }

  /// The same of its process group.
  var mayKillLeftovers: Bool {
    guard !owed.contains(.killLeftovers) else { return false }
    switch self {
    case .program(let program):
      if case .down = program.state { return program.isRetired }
      return false
    case .task(let task), .cron(let task):
      if case .down = task.state { return task.isRetired }
      return false
    case .wait: return false
    }
  }

  /// A process exists, or is about to.
  var isActive: Bool {
    switch self {
    case .program(let program): program.isActive
    case .task(let task), .cron(let task): task.isActive
    case .wait: false
    }
  }

  /// For those that depend on it. A cron holds up no other unit.
  var isSatisfied: Bool {
    switch self {
    case .program(let program): program.isSatisfied
    case .task(let task): task.isSatisfied
    case .wait(let wait): wait.state == .down(.passed)
    case .cron: true
    }
  }

  var isUnderWay: Bool {
    switch self {
    case .program(let program): program.isUnderWay
    case .task(let task): task.isUnderWay
    case .wait(let wait): wait.isUnderWay
    case .cron: false
    }
  }

  /// Its `max_uptime` or its restart delay, spread by chance, may be over.
  func mayBeDue(at now: Instant) -> Bool {
    guard case .program(let program) = self else { return false }
    switch program.state {
    case .up(let up): return up.uptimeEnd?.contains(now) ?? false
    case .delayed(let window, _): return window.contains(now)
    case .down, .launching, .stopping, .lost: return false
    }
  }

  /// Since the event that is being handled began.
  var hasChanged: Bool {
    switch self {
    case .program(let program): program.before != program.state
    case .task(let task), .cron(let task): task.before != task.state
    case .wait(let wait): wait.before != wait.state
    }
  }

  mutating func eventBegins() {
    guard hasChanged else { return }
    switch self {
    case .program(var program):
      program.before = program.state
      self = .program(program)
    case .task(var task):
      task.before = task.state
      self = .task(task)
    case .cron(var task):
      task.before = task.state
      self = .cron(task)
    case .wait(var wait):
      wait.before = wait.state
      self = .wait(wait)
    }
  }

  /// The shutdown has begun.
  mutating func retire(at now: Instant) {
    switch self {
    case .program(var program):
      program.retire(at: now)
      self = .program(program)
    case .task(var task):
      task.takeBack()
      task.stop(at: now)
      self = .task(task)
    case .cron(var task):
      task.takeBack()
      (task.policy.retries, task.policy.maxShortages) = (0, 0)
      if case .retrying = task.state { task.stop(at: now) }
      self = .cron(task)
    case .wait(var wait):
      wait.takeBack()
      wait.stop()
      wait.isRetired = true
      self = .wait(wait)
    }
  }

  /// The shutdown has become immediate.
  mutating func killNow(at now: Instant) {
    switch self {
    case .program(var program):
      program.killNow(at: now)
      self = .program(program)
    case .task(var task):
      task.killNow(at: now)
      self = .task(task)
    case .cron(var task):
      task.killNow(at: now)
      self = .cron(task)
    case .wait: break
    }
  }

  mutating func timePassed(at now: Instant) {
    guard let wakeUp, wakeUp <= now else { return }
    switch self {
    case .program(var program):
      program.timePassed(at: now)
      self = .program(program)
    case .task(var task):
      task.timePassed(at: now)
      self = .task(task)
    case .cron(var task):
      task.timePassed(at: now)
      self = .cron(task)
    case .wait(var wait):
      wait.timePassed(at: now)
      self = .wait(wait)
    }
  }
}

/// Events of one instance, and effects on it.
extension UnitModel {
  mutating func heard(_ event: Event, at now: Instant) {
    switch self {
    case .program(var program):
      program.heard(event, at: now)
      self = .program(program)
    case .task(var task):
      task.heard(event, at: now)
      self = .task(task)
    case .cron(var task):
      task.heard(event, at: now)
      self = .cron(task)
    case .wait(var wait):
      wait.heard(event, at: now)
      self = .wait(wait)
    }
  }

  mutating func did(_ deed: Deed, _ grounds: Grounds, at now: Instant) -> String? {
    let complaint: String?
    switch self {
    case .program(var program):
      complaint = program.did(deed, grounds, at: now)
      self = .program(program)
    case .task(var task):
      complaint = task.did(deed, grounds, at: now)
      self = .task(task)
    case .cron(var task):
      complaint = task.did(deed, grounds, at: now)
      self = .cron(task)
    case .wait(var wait):
      complaint = wait.did(deed, grounds, at: now)
      self = .wait(wait)
    }
    return complaint
  }
}

extension ProgramModel {
  fileprivate mutating func heard(_ event: Event, at now: Instant) {
    switch event {
    case .spawned: spawned(at: now)
    case .spawnFailed(_, let failure): spawnFailed(failure, at: now)
    case .exited(_, let status): exited(status, at: now)
    case .probed(_, let purpose, .passed): probed(purpose, isGood: true, at: now)
    case .probed(_, let purpose, .failed): probed(purpose, isGood: false, at: now)
    case .probeFailedToStart(_, .health, _): probed(.health, isGood: nil, at: now)
    case .probeFailedToStart(_, let purpose, _): probed(purpose, isGood: false, at: now)
    case .announcedReadiness: becameReady(at: now)
    case .notified(_, let notification): notified(notification, at: now)
    case .outgrew: outgrew(at: now)
    case .stopCommandEnded(_, .passed): stopCommandEnded(hasFailed: false, at: now)
    case .stopCommandEnded(_, .failed): stopCommandEnded(hasFailed: true, at: now)
    case .signalRefused: signalRefused()
    case .began, .asked, .hungUp, .signalled, .clockSet, .deadlinePassed, .eventsDelivered,
      .outputFlushed, .childless:
      break
    }
  }
}

extension TaskModel {
  fileprivate mutating func heard(_ event: Event, at now: Instant) {
    switch event {
    case .spawned: spawned(at: now)
    case .spawnFailed(_, let failure): spawnFailed(failure, at: now)
    case .exited(_, let status): ended(status, at: now)
    case .began, .probed, .probeFailedToStart, .announcedReadiness, .notified, .outgrew,
      .stopCommandEnded, .signalRefused, .asked, .hungUp, .signalled, .clockSet, .deadlinePassed,
      .eventsDelivered, .outputFlushed, .childless:
      break
    }
  }
}

extension WaitModel {
  fileprivate mutating func heard(_ event: Event, at now: Instant) {
    switch event {
    case .probed(_, _, .passed): probed(isGood: true, at: now)
    case .probed, .probeFailedToStart: probed(isGood: false, at: now)
    case .began, .spawned, .spawnFailed, .exited, .announcedReadiness, .notified, .outgrew,
      .stopCommandEnded, .signalRefused, .asked, .hungUp, .signalled, .clockSet, .deadlinePassed,
      .eventsDelivered, .outputFlushed, .childless:
      break
    }
  }
}
