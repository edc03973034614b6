// # The states of a step: a directory, a template or a hook
//
// | state       | shown as  | leaves when                                                    |
// |-------------|-----------|----------------------------------------------------------------|
// | `stopped`   | stopped   | its turn has come                                              |
// | `launching` | running   | PID 1 has answered the spawn; a stop cancels the spawn (stopped) |
// | `running`   | running   | it exits (succeeded, retrying or failed), or its time is over   |
// | `stopping`  | stopping  | it is reaped; at the deadline SIGKILL is sent (killed)          |
// | `killed`    | stopping  | it is reaped; at the deadline it is abandoned (see `survived`)  |
// | `retrying`  | retrying  | its delay is over                                              |
// | `succeeded` | succeeded | never, but for a new start                                     |
// | `failed`    | failed    | never, but for a new start                                     |

import ProgramSpec

package struct TaskMachine: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case stopped
    case launching
    case running(pid: Int32, deadline: Instant?)
    case stopping(pid: Int32, killAt: Instant, Ending)
    /// nil: SIGKILL has not ended it in time, and it is not abandoned without a request.
    case killed(pid: Int32, abandonAt: Instant?, Ending)
    case retrying(until: Instant)
    case succeeded
    case failed(ExitStatus?)
  }

  /// Why it is made to end.
  package enum Ending: Sendable, Equatable { case timedOut, asked }

  enum Input: Sendable, Equatable {
    case start
    case spawned(pid: Int32)
    case spawnFailed(SpawnFailure)
    case exited(ExitStatus)
    case timePassed
    case stop
    case kill
  }

  package internal(set) var state = State.stopped
  package internal(set) var attempts = 0
  package internal(set) var lastExit: ExitStatus?
  package internal(set) var startedAt: Instant?
  /// Starts in a row that have failed for want of a process.
  private var shortages = 0
  var impossibleInput: String?

  /// Each delay is a second longer than the one before: 55 s altogether.
  private static let maxShortages = 10

  mutating func on(_ input: Input, _ rules: TaskRules, _ turn: inout Turn) {
    switch input {
    case .start: start(&turn)
    case .spawned(let pid): spawned(pid, rules, &turn)
    case .spawnFailed(let failure): spawnFailed(failure, rules, &turn)
    case .exited(let status):
      ended(status, .exit(status, expected: status == .code(0)), rules, &turn)
    case .timePassed: timePassed(rules, &turn)
    case .stop: stop(rules, &turn)
    case .kill: kill(rules, &turn)
    }
  }

  var nextDeadline: Instant? {
    switch state {
    case .running(_, let deadline): deadline
    case .stopping(_, let killAt, _): killAt
    case .killed(_, let abandonAt, _): abandonAt
    case .retrying(let until): until
    case .stopped, .launching, .succeeded, .failed: nil
    }
  }

  private mutating func start(_ turn: inout Turn) {
    switch state {
    case .stopped, .succeeded, .failed:
      attempts = 0
      shortages = 0
      startedAt = turn.now
      launch(&turn)
    // Late but legal: it is under way already.
    case .launching, .running, .stopping, .killed, .retrying: break
    }
  }

  private mutating func launch(_ turn: inout Turn) {
    attempts += 1
    turn.moved(state.name, .running)
    state = .launching
    turn.effects.append(.spawn(turn.id))
  }

  private mutating func spawned(_ pid: Int32, _ rules: TaskRules, _ turn: inout Turn) {
    guard state == .launching else {
      impossibleInput = "spawned while \(state.name.rawValue)"
      return
    }
    let deadline = rules.timeout == .zero ? nil : turn.now.advanced(by: rules.timeout)
    state = .running(pid: pid, deadline: deadline)
  }

  /// Where the host environment had no process, or no memory to execute the command, nothing has
  /// been attempted: another program's fork bomb must not fail a hook, and end the container by it.
  private mutating func spawnFailed(
    _ failure: SpawnFailure, _ rules: TaskRules, _ turn: inout Turn
  ) {
    guard failure.kind == .shortage, state.isBegun, rules.toleratesShortage,
      shortages < TaskMachine.maxShortages
    else { return ended(nil, .spawnFailure(failure), rules, &turn) }
    attempts -= 1
    shortages += 1
    lastExit = nil
    let delay = Duration.seconds(shortages)
    turn.moved(state.name, .retrying, because: .spawnFailure(failure))
    turn.record(.restartScheduled(delay: delay, tries: attempts))
    state = .retrying(until: turn.now.advanced(by: delay))
  }

  private mutating func ended(
    _ status: ExitStatus?, _ reason: Reason, _ rules: TaskRules, _ turn: inout Turn
  ) {
    // What it has left behind would run beside the next attempt, or go on after us.
    if status != .code(0) || state.isTimedOut { turn.effects.append(.killLeftovers(turn.id)) }
    conclude(status, reason, rules, &turn)
  }

  /// The process has ended or is abandoned.
  private mutating func conclude(
    _ status: ExitStatus?, _ reason: Reason, _ rules: TaskRules, _ turn: inout Turn
  ) {
    lastExit = status
    shortages = 0
    switch state {
    case .running, .launching, .stopping(_, _, .timedOut), .killed(_, _, .timedOut):
      finish(status, reason, rules, &turn)
    case .stopping(_, _, .asked), .killed(_, _, .asked):
      turn.moved(state.name, .stopped, because: reason)
      state = .stopped
    case .stopped, .retrying, .succeeded, .failed:
      impossibleInput = "ended while \(state.name.rawValue)"
    }
  }

  private mutating func finish(
    _ status: ExitStatus?, _ reason: Reason, _ rules: TaskRules, _ turn: inout Turn
  ) {
    if status == .code(0), !state.isTimedOut {
      turn.moved(state.name, .succeeded, because: reason)
      state = .succeeded
    } else if attempts <= rules.retries {
      turn.moved(state.name, .retrying, because: reason)
      turn.record(.restartScheduled(delay: rules.retryDelay, tries: attempts))
      state = .retrying(until: turn.now.advanced(by: rules.retryDelay))
    } else {
      turn.moved(state.name, .failed, because: state.isTimedOut ? .timedOut(rules.timeout) : reason)
      state = .failed(status)
    }
  }

  private mutating func timePassed(_ rules: TaskRules, _ turn: inout Turn) {
    switch state {
    case .running(let pid, .some(let deadline)) where turn.now >= deadline:
      end(pid, .timedOut, .timedOut(rules.timeout), rules, &turn)
    case .stopping(let pid, let killAt, let ending) where turn.now >= killAt:
      kill(pid, ending, &turn)
    case .killed(let pid, .some(let abandonAt), let ending) where turn.now >= abandonAt:
      survived(pid, ending, rules, &turn)
    case .retrying(let until) where turn.now >= until: launch(&turn)
    // Late but legal: a deadline of a state that has been left since.
    case .stopped, .launching, .running, .stopping, .killed, .retrying, .succeeded, .failed: break
    }
  }

  private mutating func stop(_ rules: TaskRules, _ turn: inout Turn) {
    switch state {
    case .launching: cancelLaunch(&turn)
    case .running(let pid, _): end(pid, .asked, .asked, rules, &turn)
    case .stopping(let pid, let killAt, _): state = .stopping(pid: pid, killAt: killAt, .asked)
    case .killed: stopKilled(rules, &turn)
    case .retrying: leaveRetrying(&turn)
    case .stopped, .succeeded, .failed: break
    }
  }

  private mutating func end(
    _ pid: Int32, _ ending: Ending, _ reason: Reason, _ rules: TaskRules, _ turn: inout Turn
  ) {
    turn.moved(state.name, .stopping, pid: pid, because: reason)
    send(.terminate, &turn)
    state = .stopping(pid: pid, killAt: turn.now.advanced(by: rules.grace), ending)
  }

  /// Whatever it was ended for before: there is no further attempt.
  private mutating func kill(_ rules: TaskRules, _ turn: inout Turn) {
    switch state {
    case .launching: cancelLaunch(&turn)
    case .running(let pid, _), .stopping(let pid, _, _): kill(pid, .asked, &turn)
    case .killed: stopKilled(rules, &turn)
    case .retrying: leaveRetrying(&turn)
    case .stopped, .succeeded, .failed: break
    }
  }

  private mutating func cancelLaunch(_ turn: inout Turn) {
    turn.effects.append(.cancelSpawn(turn.id))
    turn.moved(.running, .stopped, because: .asked)
    state = .stopped
  }

  private mutating func leaveRetrying(_ turn: inout Turn) {
    turn.moved(.retrying, .stopped, because: .asked)
    state = .stopped
  }

  private mutating func kill(_ pid: Int32, _ ending: Ending, _ turn: inout Turn) {
    send(.kill, &turn)
    state = .killed(pid: pid, abandonAt: turn.now.advanced(by: Fleet.killLimit), ending)
  }

  /// No other signal would end the process either. Should it continue, it ends before it executes
  /// another instruction, so that another attempt may begin. But see `TaskRules.outlivesKill`.
  private mutating func survived(
    _ pid: Int32, _ ending: Ending, _ rules: TaskRules, _ turn: inout Turn
  ) {
    turn.abandoned(pid)
    guard rules.outlivesKill, ending == .timedOut else { return abandon(rules, &turn) }
    state = .killed(pid: pid, abandonAt: nil, ending)
  }

  private mutating func stopKilled(_ rules: TaskRules, _ turn: inout Turn) {
    guard case .killed(let pid, let abandonAt, _) = state else { return }
    state = .killed(pid: pid, abandonAt: abandonAt, .asked)
    if abandonAt == nil { abandon(rules, &turn) }
  }

  private mutating func abandon(_ rules: TaskRules, _ turn: inout Turn) {
    turn.effects.append(.abandonProcess(turn.id))
    conclude(.survivedKill, .survivedKill, rules, &turn)
  }

  /// A hook is often a shell script: its children must end with it.
  private func send(_ signal: Signal, _ turn: inout Turn) {
    turn.record(.signalSent(signal, .group, pid: state.pid ?? 0, .stop))
    turn.effects.append(.signal(turn.id, signal, .group))
  }
}

extension TaskMachine.State {
  package var name: StateName {
    switch self {
    case .stopped: .stopped
    case .launching, .running: .running
    case .stopping, .killed: .stopping
    case .retrying: .retrying
    case .succeeded: .succeeded
    case .failed: .failed
    }
  }

  package var pid: Int32? {
    switch self {
    case .running(let pid, _), .stopping(let pid, _, _), .killed(let pid, _, _): pid
    case .stopped, .launching, .retrying, .succeeded, .failed: nil
    }
  }

  var isActive: Bool {
    switch self {
    case .launching, .running, .stopping, .killed: true
    case .stopped, .retrying, .succeeded, .failed: false
    }
  }

  var isUnderWay: Bool {
    switch self {
    case .launching, .running, .retrying, .stopping(_, _, .timedOut), .killed(_, _, .timedOut):
      true
    case .stopped, .stopping(_, _, .asked), .killed(_, _, .asked), .succeeded, .failed: false
    }
  }

  /// There may be a process that has not executed its command.
  fileprivate var isBegun: Bool {
    switch self {
    case .launching, .running: true
    case .stopped, .stopping, .killed, .retrying, .succeeded, .failed: false
    }
  }

  fileprivate var isTimedOut: Bool {
    switch self {
    case .stopping(_, _, .timedOut), .killed(_, _, .timedOut): true
    case .stopped, .launching, .running, .stopping(_, _, .asked), .killed(_, _, .asked),
      .retrying, .succeeded, .failed:
      false
    }
  }
}
