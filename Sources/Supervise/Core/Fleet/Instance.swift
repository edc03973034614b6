import ProgramSpec

/// One member of the plan with its state machine, and what the fleet has derived from it.
package struct Instance: Sendable, Equatable {
  package enum Machine: Sendable, Equatable {
    case program(ProgramMachine)
    case task(TaskMachine)
    case wait(WaitMachine)
    case cron(CronMachine)
  }

  enum Input: Sendable, Equatable {
    case start
    /// Of crons: the start is complete, a run is due or not to be, the clock has been set.
    case beginSchedule
    case run(Int64?)
    case queue(Int64?)
    case skip(SkipReason)
    case passedOn
    case clockMoved(from: WallClock)
    case spawned(pid: Int32)
    case spawnFailed(SpawnFailure)
    case exited(ExitStatus)
    case timePassed
    case stop(StopIntent)
    case probed(ProbePurpose, Verdict)
    case probeFailedToStart(ProbePurpose, SpawnFailure)
    case announcedReadiness
    case notified(Notification)
    case outgrew(bytes: UInt64)
    case roll
    case stopCommandEnded(Verdict)
    case signalRefused(String)
    /// Shutdown has begun: whatever ends from now on stays down.
    case retire
  }

  /// What the graph, the shutdown and those who asked look at.
  struct Facts: Sendable, Equatable {
    var state = StateName.stopped
    /// For those that depend on it.
    var isSatisfied = false
    /// Holds up those that come `after` it: it will come by itself.
    var isPending = false
    /// It is to start, and stands still until its turn comes. One that is on its way back by itself
    /// needs no turn.
    var isWaiting = false
    /// A process exists, or is about to.
    var isActive = false
    /// It has ended, and nothing but a command starts it again.
    var isOver = false
    /// It runs, and does not do what it should.
    var isUnhealthy = false
  }

  package internal(set) var machine: Machine
  /// To be started as soon as its turn has come.
  package internal(set) var isWished = false
  /// The number of the request that wants it started; 0: it starts by itself.
  var request = 0
  var facts = Facts()
  /// The deadline that stands in the queue for it.
  var armed: Instant?
  /// The start is not complete before it has been satisfied once.
  var isAwaitedByStart = false

  init(_ rules: Rules) {
    switch rules {
    case .program, .barrier: machine = .program(ProgramMachine())
    case .task: machine = .task(TaskMachine())
    case .wait: machine = .wait(WaitMachine())
    case .cron: machine = .cron(CronMachine())
    }
  }

  mutating func on(_ input: Input, _ rules: Rules, _ turn: inout Turn) {
    switch (machine, rules) {
    case (.program(var program), .program(let rules)):
      guard let input = ProgramMachine.Input(input) else { return }
      program.on(input, rules, &turn)
      machine = .program(program)
    case (.task(var task), .task(let rules)):
      guard let input = TaskMachine.Input(input) else { return }
      task.on(input, rules, &turn)
      machine = .task(task)
    case (.wait(var wait), .wait(let rules)):
      guard let input = WaitMachine.Input(input) else { return }
      wait.on(input, rules, &turn)
      machine = .wait(wait)
    case (.cron(var cron), .cron(let rules)):
      guard let input = CronMachine.Input(input) else { return }
      cron.on(input, rules, &turn)
      machine = .cron(cron)
    case (.program, _), (.task, _), (.wait, _), (.cron, _): break
    }
  }

  func nextDeadline(_ rules: Rules) -> Instant? {
    switch (machine, rules) {
    case (.program(let program), .program(let rules)): program.nextDeadline(rules)
    case (.task(let task), _): task.nextDeadline
    case (.wait(let wait), _): wait.nextDeadline
    case (.cron(let cron), _): cron.nextDeadline
    case (.program, _): nil
    }
  }

  func currentFacts(_ rules: Rules) -> Facts {
    var facts = Facts()
    switch machine {
    case .program(let program):
      facts.state = program.state.name
      facts.isSatisfied = program.hasBeenReady
      facts.isPending = program.state.isUnderWay
      facts.isActive = program.state.isActive
      facts.isOver = program.state == .fatal || program.state == .exited(restartAt: nil)
      facts.isUnhealthy = program.state.live?.health?.isHealthy == false
    case .task(let task):
      facts.state = task.state.name
      facts.isSatisfied = task.state.satisfies(rules)
      facts.isPending = task.state.isUnderWay
      facts.isActive = task.state.isActive
      facts.isOver = facts.state == .failed
    case .wait(let wait):
      facts.state = wait.state.name
      facts.isSatisfied = wait.state == .passed
      facts.isPending = wait.state.isUnderWay
      facts.isOver = facts.state == .failed
    case .cron(let cron):
      // Nobody waits for a time of day.
      facts.state = cron.run.state.name
      facts.isSatisfied = true
      facts.isActive = cron.run.state.isActive
    }
    facts.isWaiting = isWished && !isUnderWay
    facts.isPending = (facts.isPending || isWished) && !facts.isSatisfied
    return facts
  }
}

extension Instance {
  /// A program that comes, or comes back, by itself.
  private var isUnderWay: Bool {
    guard case .program(let program) = machine else { return false }
    return program.state.isUnderWay
  }

  /// A program that was to be started has come back by itself: that was the start.
  mutating func noticeOwnStart() {
    guard isWished, case .program(let program) = machine, program.state.isActive else { return }
    isWished = false
  }
}

extension TaskMachine.State {
  /// A failure that is to be passed over counts as success for those that depend on it.
  fileprivate func satisfies(_ rules: Rules) -> Bool {
    guard case .failed = self, case .task(let rules) = rules else { return self == .succeeded }
    return rules.onFailure == .continue
  }
}

extension ProgramMachine.Input {
  fileprivate init?(_ input: Instance.Input) {
    switch input {
    case .start: self = .start
    case .spawned(let pid): self = .spawned(pid: pid)
    case .spawnFailed(let failure): self = .spawnFailed(failure)
    case .exited(let status): self = .exited(status)
    case .timePassed: self = .timePassed
    case .stop(let intent): self = .stop(intent)
    case .probed(let purpose, let verdict): self = .probed(purpose, verdict)
    case .probeFailedToStart(.health, let failure): self = .healthUnknown(failure.text)
    case .probeFailedToStart(let purpose, let failure):
      self = .probed(purpose, .failed(failure.text))
    case .announcedReadiness: self = .announcedReadiness
    case .notified(let notification): self = .notified(notification)
    case .outgrew(let bytes): self = .outgrew(bytes: bytes)
    case .roll: self = .roll
    case .stopCommandEnded(let verdict): self = .stopCommandEnded(verdict)
    case .signalRefused(let error): self = .signalRefused(error)
    case .retire: self = .retire
    case .beginSchedule, .run, .queue, .skip, .passedOn, .clockMoved: return nil
    }
  }
}

extension TaskMachine.Input {
  fileprivate init?(_ input: Instance.Input) {
    switch input {
    case .start: self = .start
    case .spawned(let pid): self = .spawned(pid: pid)
    case .spawnFailed(let failure): self = .spawnFailed(failure)
    case .exited(let status): self = .exited(status)
    case .timePassed: self = .timePassed
    case .stop(.hurried): self = .kill
    case .stop(.asked), .stop(.shutdown), .stop(.notReady), .stop(.renewal), .retire:
      self = .stop
    // A step announces nothing, and one that may not be signalled ends by its own time-out.
    case .probed, .probeFailedToStart, .announcedReadiness, .signalRefused, .outgrew, .roll,
      .stopCommandEnded, .notified:
      return nil
    case .beginSchedule, .run, .queue, .skip, .passedOn, .clockMoved: return nil
    }
  }
}

extension WaitMachine.Input {
  fileprivate init?(_ input: Instance.Input) {
    switch input {
    case .start: self = .start
    case .probed(_, let verdict): self = .probed(verdict)
    case .probeFailedToStart(_, let failure): self = .probed(.failed(failure.text))
    case .timePassed: self = .timePassed
    case .stop, .retire: self = .stop
    // A wait has no process of its own.
    case .spawned, .spawnFailed, .exited, .announcedReadiness, .signalRefused, .outgrew, .roll,
      .stopCommandEnded, .notified:
      return nil
    case .beginSchedule, .run, .queue, .skip, .passedOn, .clockMoved: return nil
    }
  }
}

extension CronMachine.Input {
  fileprivate init?(_ input: Instance.Input) {
    switch input {
    case .beginSchedule: self = .begin
    // By hand.
    case .start: self = .run(nil)
    case .run(let scheduled): self = .run(scheduled)
    case .queue(let scheduled): self = .queue(scheduled)
    case .skip(let reason): self = .skip(reason)
    case .passedOn: self = .passedOn
    case .clockMoved(let old): self = .clockMoved(from: old)
    case .spawned(let pid): self = .spawned(pid: pid)
    case .spawnFailed(let failure): self = .spawnFailed(failure)
    case .exited(let status): self = .exited(status)
    case .timePassed: self = .timePassed
    case .stop(.hurried): self = .kill
    case .stop(.asked), .stop(.shutdown), .stop(.notReady), .stop(.renewal): self = .stop
    case .retire: self = .retire
    // A run announces nothing, and one that may not be signalled ends by its own time-out.
    case .probed, .probeFailedToStart, .announcedReadiness, .signalRefused, .outgrew, .roll,
      .stopCommandEnded, .notified:
      return nil
    }
  }
}
