import ProgramSpec
import SuperviseCore

/// Once nothing new goes wrong, every unit becomes ready, unless its own policy keeps it down or
/// something stands in its way for good. And at the end nothing is left.
extension Oracle {
  mutating func calmBegins() {
    unsettled = Set(units.indices)
    isCalm = true
    noteSettled()
  }

  /// Every unit has been settled since the calm began, and no client waits.
  var isSettled: Bool { isCalm && unsettled.isEmpty && openWork == nil }

  mutating func noteSettled() {
    guard isCalm else { return }
    for index in unsettled where isSettledNow(index) { unsettled.remove(index) }
  }

  /// The sum of all delays: failures that were due when the calm began, stops, restarts, starts.
  func longestCalm() -> Duration { .seconds(600) + longestShutdown() * 2 }

  /// Every unit one after the other, each with all its signals, and all hooks before them.
  func longestShutdown() -> Duration {
    cast.members.indices.reduce(.seconds(10)) { sum, index in
      sum + (cast.unit(of: index).map { longestStop($0.work) } ?? .zero)
    }
  }

  private func longestStop(_ work: Unit.Work) -> Duration {
    switch work {
    case .program(let program):
      // EXTEND_TIMEOUT_USEC= may make each wait ten times as long.
      let command = program.hasStopCommand ? program.stop.steps.first?.wait ?? .zero : .zero
      let begin = TaskModel.killLimit + .seconds(2) + command * 10
      return program.stop.steps.reduce(begin) { $0 + $1.wait * 10 }
    case .hook(let hook): return longest(TaskModel.Policy(hook))
    case .directory, .template: return longest(.file)
    case .cron: return TaskModel.grace + TaskModel.killLimit + .seconds(18)
    case .wait: return .zero
    }
  }

  /// Without a limit of its own a hook takes as long as the scenario lets it live.
  private func longest(_ policy: TaskModel.Policy) -> Duration {
    let limit = policy.timeout == .zero ? .seconds(62) : policy.timeout
    let shortages = Duration.seconds((0...policy.maxShortages).reduce(0, +))
    let stop = TaskModel.grace + TaskModel.killLimit
    return (limit + stop + policy.retryDelay + .seconds(18) + shortages) * (policy.retries + 1)
  }

  /// The time for it is over.
  mutating func checkSettled() {
    for index in unsettled.sorted() {
      let state = units[index].map { "\($0.shownState)" } ?? "no unit"
      complain(
        InstanceID(index), "has not become ready in a calm of \(longestCalm().seconds): \(state)")
    }
    if unsettled.isEmpty, let openWork {
      complainOfAll("after a long calm there is still \(openWork)")
    }
  }

  /// What clients still wait for; nil: nothing.
  private var openWork: String? {
    // A process that nothing ends, or that is never ready, keeps its clients waiting.
    guard !units.indices.contains(where: isStuck) else { return nil }
    if !rolls.isEmpty { return "a rolling restart" }
    if !restarts.isEmpty { return "a restart" }
    return asks.first.map { "an answer to \($0.id)" }
  }

  private func isSettledNow(_ index: Int) -> Bool {
    if isStuck(index) { return true }
    if wanted.contains(index) { return isHeldUp(index) || waitsForStuck(index) }
    switch units[index] {
    case .program(let program):
      switch program.state {
      case .up(let up): return up.isRunning && up.isReady && up.health.isHealthy
      case .down, .lost: return true
      case .delayed, .launching, .stopping: return false
      }
    case .task(let task), .cron(let task): if case .down = task.state { return true }
    case .wait(let wait): return !wait.isUnderWay
    case nil: return true
    }
    return false
  }

  /// For a reason of its own, which no supervisor can remove.
  private func isStuck(_ index: Int) -> Bool {
    if unkillable.contains(index), units[index]?.isActive ?? false { return true }
    guard case .program(let program) = units[index], case .up(let up) = program.state else {
      return false
    }
    // It never announces its readiness, and `ready_timeout` sets no limit.
    return program.program.readiness == .notify && !up.isReady && up.readyBy == nil
  }

  private func waitsForStuck(_ index: Int) -> Bool {
    guard let unit = cast.members[index].unit else { return false }
    return (order.requires[unit] + order.follows[unit]).contains { other in
      cast.instances[other].contains { isStuck($0) || (wanted.contains($0) && waitsForStuck($0)) }
    }
  }

  // MARK: The end

  /// `left`: the processes that still run although they could have been ended.
  mutating func checkEnd(live left: [InstanceID], _ fleet: Fleet) {
    for index in units.indices { checkEnd(of: index, fleet) }
    for id in left { complain(id, "still runs at the end") }
    for index in unanswered { complain(InstanceID(index), "still waits to be spawned at the end") }
    if !open.isEmpty { complainOfAll("\(open.count) requests were never answered") }
  }

  private mutating func checkEnd(of index: Int, _ fleet: Fleet) {
    let id = InstanceID(index)
    if !shutdown.isHurried, let unit = units[index], unit.isActive {
      complain(id, "is \(unit.shownState) at the end")
    }
    if stopCommands.contains(index) { complain(id, "its stop_command runs at the end") }
    guard case .program(let program) = units[index],
      let counts = fleet.snapshot(of: id).restartCounts
    else { return }
    // A late supervisor may take any of several causes.
    let total = RestartCause.allCases.reduce(0) { $0 + counts[$1] }
    let expected = program.restarts.values.reduce(0, +)
    let differs = RestartCause.allCases.first { counts[$0] != program.restarts[$0] ?? 0 }
    if total != expected || (!mayBeLate && differs != nil) {
      complain(id, "\(total) restarts counted of \(expected), by \(differs?.rawValue ?? "")")
    }
  }
}
