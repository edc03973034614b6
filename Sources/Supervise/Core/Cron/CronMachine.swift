// # The life of a cron
//
// | part     | what it is                                                                      |
// |----------|---------------------------------------------------------------------------------|
// | `timing` | when it runs next; begun once the start is complete, ended when shutdown begins |
// | `run`    | the run under way, or the last one: a step like any other                       |
// | `due`    | its time has come: the fleet sees whether it may run, and beside what           |
// | `queue`  | `overlap=queue`: one more run, as soon as this one has ended                    |
//
// With `overlap=allow` there are several of it: the first has the timing, the others only run.

import ProgramSpec

package struct CronMachine: Sendable, Equatable {
  enum Input: Sendable, Equatable {
    /// The start is complete.
    case begin
    /// Now; of the calendar, with the second that is meant.
    case run(Int64?)
    case queue(Int64?)
    case skip(SkipReason)
    /// To another of its places.
    case passedOn
    case clockMoved(from: WallClock)
    case timePassed
    case stop
    case kill
    case spawned(pid: Int32)
    case spawnFailed(SpawnFailure)
    case exited(ExitStatus)
    /// Shutdown has begun: the run goes on until its turn to be stopped, and is the last.
    case retire
  }

  /// Its time has come, and nobody has seen to it yet.
  struct Due: Sendable, Equatable {
    var scheduled: Int64?
  }

  package internal(set) var run = TaskMachine()
  package internal(set) var timing = CronTiming()
  package internal(set) var runs = 0
  package internal(set) var skips = 0
  /// Of all runs that have ended.
  package internal(set) var results = CronResults()
  /// Of the last run that has ended.
  package internal(set) var lastResult: StateName?
  package internal(set) var endedAt: Instant?
  private(set) var due: Due?
  private(set) var queue: Due?
  /// No more attempts.
  private var isRetired = false

  mutating func on(_ input: Input, _ rules: CronRules, _ turn: inout Turn) {
    let wasBusy = isBusy
    var rules = rules
    if isRetired { (rules.task.retries, rules.task.toleratesShortage) = (0, false) }
    switch input {
    case .begin: timing.begin(rules, &turn)
    case .run(let scheduled): begin(scheduled, rules, &turn)
    case .queue(let scheduled):
      due = nil
      queue = Due(scheduled: scheduled)
    case .skip(let reason): skip(reason, &turn)
    case .passedOn: due = nil
    case .clockMoved(let old):
      if timing.clockMoved(from: old, rules, &turn) { skip(.missed, &turn) }
    case .timePassed: timePassed(rules, &turn)
    case .stop, .kill:
      queue = nil
      run.on(input == .kill ? .kill : .stop, rules.task, &turn)
    case .spawned(let pid): run.on(.spawned(pid: pid), rules.task, &turn)
    case .spawnFailed(let failure): run.on(.spawnFailed(failure), rules.task, &turn)
    case .exited(let status): run.on(.exited(status), rules.task, &turn)
    case .retire: retire(rules, &turn)
    }
    if wasBusy, !isBusy { ended(turn) }
  }

  var nextDeadline: Instant? {
    guard let due = timing.due, let other = run.nextDeadline else {
      return timing.due ?? run.nextDeadline
    }
    return min(due, other)
  }

  /// A further attempt that is still to come counts too.
  package var isBusy: Bool {
    switch run.state {
    case .launching, .running, .stopping, .killed, .retrying: true
    case .stopped, .succeeded, .failed: false
    }
  }

  /// A run has come due, and has neither begun nor been skipped, although no run is under way.
  var hasForgottenRun: Bool { due != nil || (queue != nil && !isBusy) }

  /// Nothing could be run: there has been no process.
  var hasFailedToStart: Bool {
    switch run.state {
    case .failed(nil): true
    case .retrying: run.lastExit == nil
    case .stopped, .launching, .running, .stopping, .killed, .succeeded, .failed: false
    }
  }

  private mutating func begin(_ scheduled: Int64?, _ rules: CronRules, _ turn: inout Turn) {
    due = nil
    runs += 1
    turn.record(.cron(.fired(scheduled: scheduled)))
    run.on(.start, rules.task, &turn)
  }

  private mutating func skip(_ reason: SkipReason, _ turn: inout Turn) {
    due = nil
    skips += 1
    turn.record(.cron(.skipped(reason)))
    // The run that came due when the process was abandoned has no other run to wait for.
    if !isBusy { swap(&due, &queue) }
  }

  private mutating func timePassed(_ rules: CronRules, _ turn: inout Turn) {
    run.on(.timePassed, rules.task, &turn)
    switch timing.timePassed(rules, &turn) {
    case .run(let scheduled): due = Due(scheduled: scheduled)
    case .missed: skip(.missed, &turn)
    case nil: break
    }
  }

  private mutating func retire(_ rules: CronRules, _ turn: inout Turn) {
    timing.end()
    due = nil
    queue = nil
    isRetired = true
    if case .retrying = run.state { run.on(.stop, rules.task, &turn) }
  }

  private mutating func ended(_ turn: Turn) {
    lastResult = run.state.name
    results.count(run.state.name)
    endedAt = turn.now
    guard queue != nil else { return }
    // Another run may have come due at the time at which the process was abandoned: it waits now.
    swap(&due, &queue)
  }
}

/// How runs have ended.
package struct CronResults: Sendable, Equatable {
  package private(set) var succeeded = 0
  package private(set) var failed = 0
  /// By hand, or by the shutdown.
  package private(set) var stopped = 0

  package init() {}

  mutating func count(_ result: StateName) {
    switch result {
    case .succeeded: succeeded += 1
    case .failed: failed += 1
    case .stopped, .waiting, .starting, .running, .ready, .backoff, .stopping, .exited, .fatal,
      .unknown, .retrying, .passed:
      stopped += 1
    }
  }

  package mutating func add(_ others: CronResults) {
    succeeded += others.succeeded
    failed += others.failed
    stopped += others.stopped
  }
}

/// Why a run did not take place.
package enum SkipReason: Sendable, Equatable {
  /// The one before had not ended.
  case stillRunning
  /// `overlap=allow`, and as many as there may be.
  case tooManyRuns(Int)
  /// What it depends on is not there.
  case heldUp(by: NodeID)
  /// The clock, or the machine, has jumped over it by hours.
  case missed
}
