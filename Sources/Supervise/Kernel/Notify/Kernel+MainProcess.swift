internal import Linux
internal import NotifyProtocol
internal import ProgramSpec
internal import SuperviseCore

/// MAINPID= of sd_notify(3): the named process is the program from then on. Its end is the
/// program's end, and it receives the program's signals.
extension Kernel {
  /// The role has checked the user and the ancestors; only PID 1 knows its own children.
  ///
  /// While the program is being stopped its main process does not change: a program could otherwise
  /// name another process after each SIGKILL, and the stop would never end.
  mutating func adoptMain(_ id: InstanceID, _ pid: Int32, startedAt: UInt64) {
    guard [.starting, .running].contains(fleet.state(of: id)) else { return }
    let current = children.pid(of: id)
    guard current != pid, current != nil else { return }
    guard children[pid] == nil || children[pid] == .predecessor(id) else {
      return refuseMain(id, "notification refused: MAINPID=\(pid) is not its own")
    }
    do throws(Errno) {
      let handle = Descriptor(adopting: try openProcess(pid))
      // The handle is opened before the start time is read: if the time is the one that the role
      // has read, the handle refers to the process that the role has checked.
      guard ProcessUsage.of(pid)?.startedAt == startedAt else { throw .noSuchProcess }
      let token = try watch(handle.raw, .mainProcess(id))
      takeMain(id, pid, handle.release(), token)
    } catch {
      refuseMain(id, "MAINPID=\(pid) is ignored: \(error.message)")
    }
  }

  private mutating func refuseMain(_ id: InstanceID, _ reason: String) {
    if admitsLine(about: id) { narrator.say(.warning, "\(name(of: id)): \(reason)") }
  }

  private mutating func takeMain(
    _ id: InstanceID, _ pid: Int32, _ handle: Int32, _ token: Token
  ) {
    let old = mainProcesses[id]
    let leader = old == nil ? children.pid(of: id) : old?.leader
    forgetMain(of: id)
    children.setMain(pid, of: id)
    mainProcesses[id] = .init(pid: pid, handle: handle, token: token, leader: leader)
    mainChanged(id, pid)
  }

  private mutating func mainChanged(_ id: InstanceID, _ pid: Int32) {
    if let entry = notifications[id] {
      tell(.notify, NotifyMessage.adopted(entry.origin, pid: pid).encoded)
    }
    measure(id)
    deliver(.notified(id, .mainProcess(pid)))
  }

  /// Only a child of PID 1 keeps its entry in the table: PID 1 does not learn when another process
  /// gets the number of a grandchild, and would signal that process.
  private mutating func forgetMain(of id: InstanceID) {
    guard let entry = mainProcesses[id] else { return }
    if !isChild(entry) { children.removeMain(entry.pid, of: id) }
    unwatch(entry.handle, entry.token)
    closeDescriptor(entry.handle)
    mainProcesses[id] = nil
  }

  /// The main process has ended. A child of ours is reaped as any other; the end of a grandchild is
  /// its parent's to tell, so that the process that was started counts again if it still runs.
  mutating func mainProcessEnded(_ id: InstanceID) {
    guard let entry = mainProcesses[id], hasEnded(processBehind: entry.handle) else { return }
    if case .ended = peekChild(behind: entry.handle) { return reapChildren() }
    guard let leader = entry.leader else {
      return endOfProgram(id, pid: entry.pid, .code(Kernel.unknownExitCode))
    }
    forgetMain(of: id)
    children.setMain(leader, of: id)
    mainChanged(id, leader)
  }

  /// Of a main process whose end another process has seen.
  private static let unknownExitCode: Int32 = 255

  /// A process that was started, or was the main process before. Its end is the end of the program
  /// only if nothing else is left of it.
  mutating func predecessorEnded(_ id: InstanceID, _ child: EndedChild) {
    guard let entry = mainProcesses[id] else { return }
    if entry.leader == child.pid { mainProcesses.leaderEnded(id) }
    guard hasEnded(processBehind: entry.handle), !isChild(entry) else {
      return narrator.say(
        .debug,
        "\(name(of: id)): pid \(child.pid) ended (\(ExitStatus(child.how).text)); its main "
          + "process is pid \(entry.pid)")
    }
    endOfProgram(id, pid: child.pid, status(of: child))
  }

  /// What is left of the program's other processes would be in the way of the next start.
  mutating func endMainProcess(_ id: InstanceID) {
    let main = mainProcesses[id]?.pid
    forgetMain(of: id)
    // A child that has ended, and that its tracer (ptrace(2)) keeps from being reaped.
    if let main, children[main] == .instance(id) { children.forget(main) }
    for pid in children.predecessors(of: id) {
      try? sendSignal(Signal.kill.number, toGroupLedBy: pid)
      children.forget(pid)
    }
  }

  // MARK: Signals

  /// PID 1 reaps the process. The answer holds for the process itself, whatever process has its
  /// number by now.
  private func isChild(_ entry: MainProcesses.Entry) -> Bool {
    peekChild(behind: entry.handle) != .noChildren
  }

  /// SIGKILL also ends the process that was started: without its main process it would count as the
  /// program again.
  func signalProcess(of id: InstanceID, _ pid: Int32, _ number: Int32) throws(Errno) {
    guard let entry = mainProcesses[id] else {
      return try sendSignal(number, toProcess: pid)
    }
    guard number == Signal.kill.number, let leader = entry.leader else {
      return try sendSignal(number, toProcessBehind: entry.handle)
    }
    try? sendSignal(number, toProcessBehind: entry.handle)
    try sendSignal(number, toProcess: leader)
  }

  /// To the group of the process that was started, and to that of the main process.
  func signalGroup(of id: InstanceID, _ pid: Int32, _ number: Int32) throws(Errno) {
    guard let entry = mainProcesses[id] else {
      return try sendSignal(number, toGroupLedBy: pid)
    }
    if let leader = entry.leader { try? sendSignal(number, toGroupLedBy: leader) }
    let group = processGroup(of: entry.pid)
    var isSignalled = entry.leader != nil && group == entry.leader
    // The number of a group is safe only as long as a child of PID 1 belongs to the group.
    if !isSignalled, isChild(entry), let group {
      try sendSignal(number, toGroup: group)
      isSignalled = true
    }
    // The main process may have changed its group meanwhile.
    guard !isSignalled || number == Signal.kill.number else { return }
    try sendSignal(number, toProcessBehind: entry.handle)
  }
}
