internal import Linux
internal import ProgramSpec
internal import SafeText
internal import SuperviseCore

/// Reaping: one place for programs, probes, helpers and strangers alike.
extension Kernel {
  /// Further children wait for the next wake-up, behind signals and other events.
  private static let maxReapsPerWakeUp = 64

  /// SIGCHLD comes once for many children, so all that have ended are taken, a number at a time.
  mutating func reapChildren() {
    hasUnreaped = true
    for _ in 0..<Kernel.maxReapsPerWakeUp where outcome == nil {
      switch peekChild() {
      case .allRunning: return reapingIsOver(hasChildren: true)
      case .noChildren: return reapingIsOver(hasChildren: false)
      case .ended(let child): take(child)
      case .released(let pid): reportRelease(of: pid)
      }
      lookForStopSignals()
    }
  }

  private mutating func reapingIsOver(hasChildren: Bool) {
    hasUnreaped = false
    sweepIsOver(ifNoneOf: !hasChildren)
  }

  /// Logged once for each process: a program may stop itself again and again.
  private mutating func reportRelease(of pid: Int32) {
    guard children.noteRelease(of: pid) else { return }
    if children[pid] == nil, !admitsOrphanLine() { return }
    narrator.say(
      .warning,
      "\(name(ofChild: pid)): asked to be traced by its parent (PTRACE_TRACEME) and stopped; the "
        + "supervisor does not trace programs and has detached from the process")
  }

  private func name(ofChild pid: Int32) -> String {
    guard case .instance(let id) = children[pid] else { return "pid \(pid)" }
    return "\(name(of: id)) (pid \(pid))"
  }

  /// A command that Ctrl-Z has stopped has no shell behind it that could resume it: the terminal
  /// would be dead for good.
  mutating func resumeForeground() {
    guard let id = fleet.plan.foreground, let pid = children.pid(of: id), hasStopped(pid) else {
      return
    }
    try? sendSignal(Signal.resume.number, toGroup: pid)
  }

  /// When not PID 1, orphans cannot be told apart from children somebody else signals: then it is
  /// over at once.
  private mutating func sweepIsOver(ifNoneOf isChildless: Bool) {
    guard isSweeping, isChildless || !ThisProcess.isInit else { return }
    isSweeping = false
    deliver(.childless)
  }

  /// Decides while it is still a zombie, then reaps. A restart in the same turn gives the instance
  /// a new pid; the old one is reaped after it.
  private mutating func take(_ child: EndedChild) {
    noticeOutOfMemory()
    let owner = children[child.pid]
    switch owner {
    case .instance(let id): ended(id, child)
    case .predecessor(let id): predecessorEnded(id, child)
    case .probe(let id, let purpose): probeEnded(id, purpose, child)
    case .helper(let kind): helperEnded(kind, child)
    case .trial: trialEnded(child)
    case .lookup: lookupEnded(child)
    case .socket: socketRoleEnded(child)
    case .stopCommand(let id): stopCommandEnded(id, child)
    case .closer: closerEnded(child.pid)
    case .abandoned: break
    case nil: tellStranger(child)
    }
    children.remove(child.pid)
    let group = children.survivors.isEmpty ? nil : processGroup(of: child.pid)
    account(reap(child.pid), to: owner)
    noteReaped(child.pid, of: group)
  }

  /// supervisord tells of orphans as PID 1 only: elsewhere none come to it.
  private mutating func tellStranger(_ child: EndedChild) {
    let isTold = isSupervisord && ThisProcess.isInit
    if isTold, !admitsOrphanLine() { return }
    narrator.say(
      isTold ? .information : .debug,
      "reaped unknown pid \(child.pid) (\(ExitStatus(child.how).text))")
  }

  private mutating func admitsOrphanLine() -> Bool {
    orphanLines.admits(at: monotonicNanoseconds())
  }

  /// When `countLeftOutLines` has something to do; nil: never.
  var nextLineCount: Instant? { orphanLines.nextReport.map { Instant(nanoseconds: $0) } }

  /// How many lines about orphans the limit has left out.
  mutating func countLeftOutLines() {
    guard let count = orphanLines.takeLeftOut(at: monotonicNanoseconds()) else { return }
    narrator.say(.warning, "\(count) lines about orphaned processes lost: they came too fast")
  }

  private mutating func ended(_ id: InstanceID, _ child: EndedChild) {
    takeLastNotifications(id)
    // One of them may have named another main process.
    if children[child.pid] == .predecessor(id) { return predecessorEnded(id, child) }
    if child.how.isByWaitLimit { reportWaitLimit(of: id) }
    endOfProgram(id, pid: child.pid, status(of: child))
  }

  /// The process of a step cannot write this message itself: see `WaitLimit`.
  private mutating func reportWaitLimit(of id: InstanceID) {
    guard let unit = fleet.plan.node(of: id).unit else { return }
    let paths: [String]
    switch configuration.units[unit].work {
    case .directory(let step): paths = step.paths
    case .template(let step): paths = [step.source, step.destination]
    case .hook, .program, .cron, .wait: return
    }
    narrator.say(
      .error,
      "\(name(of: id)): the file system of \(paths.joined(separator: " or ")) has not answered for "
        + "\(WaitLimit.seconds) s; check its disk or server")
  }

  mutating func endOfProgram(_ id: InstanceID, pid: Int32, _ status: ExitStatus) {
    endNotifications(id)
    // A step may have installed a command or changed a user.
    if !fleet.plan.members[id.index].isProgram { recipes.facts.becomeStale() }
    forgetReadiness(of: id)
    listenerEnded(id)
    closeInput(of: id)
    stopMeasuring(id)
    if fleet.plan.foreground == id { takeTerminalBack() }
    reportExitToLogger(of: id, pid: pid)
    if let failure = (try? reports.report(Kernel.reportPlace(of: id)))?.failure {
      // It may have moved in PATH.
      launches[id] = nil
      recipes.facts.becomeStale(queries(of: [id]))
      return deliver(.spawnFailed(id, SpawnFailure(failure, execution(of: id))))
    }
    deliver(.exited(id, status))
    endMainProcess(id)
  }

  /// A kill that none of the supervisor's own children explains: one of theirs.
  private mutating func noticeOutOfMemory() {
    let count = memory.update(at: Kernel.now)
    guard count > 0 else { return }
    narrator.say(
      .warning,
      "the kernel has killed \(count == 1 ? "a process" : "\(count) processes") of this container "
        + "because its memory was used up (out of memory): a child of a program")
  }

  /// With what the kernel says of a SIGKILL that the supervisor has not sent.
  mutating func status(of child: EndedChild) -> ExitStatus {
    guard case .killed(Signal.kill.number, _) = child.how, !isSweeping,
      !children.isKilled(child.pid), memory.explainsKill()
    else { return ExitStatus(child.how) }
    return .outOfMemory
  }

  /// The first two places are those of helpers, which nobody asks for their set-up.
  static let roleReport = 0
  static func reportPlace(of id: InstanceID) -> Int { id.index + 2 }

  /// A helper of ours; what fails in its set-up shows as its exit code.
  mutating func startHelper(
    _ launch: Launch, _ streams: Launch.Streams
  ) throws(Errno) -> Int32 {
    try launch.start(streams, report: try reports.report(Kernel.roleReport))
  }
}

extension ExitStatus {
  init(_ how: EndedChild.How) {
    switch how {
    case .exited(let code): self = .code(code)
    case .killed(let signal, let dumped): self = .signal(signal, coreDumped: dumped)
    }
  }
}
