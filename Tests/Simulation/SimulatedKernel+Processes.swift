import ProgramSpec
import Supervise
import SuperviseCore

/// Processes: their starts, their lives, the signals to them and their ends.
extension SimulatedKernel {
  func name(of instance: InstanceID) -> String { fleet.plan.members[instance.index].displayName }

  /// The runs of crons are tasks too.
  func isTask(_ instance: InstanceID) -> Bool {
    switch fleet.plan.node(of: instance).rules {
    case .task, .cron: true
    case .program, .wait, .barrier: false
    }
  }

  mutating func launch(_ instance: InstanceID, isLookedUp: Bool) {
    if isLookedUp, let lookup = lookups.removeValue(forKey: instance) {
      return begin(instance, lookup.life)
    }
    let life = outcomes.life(of: name(of: instance), isTask: isTask(instance))
    guard life.waits > .zero else { return begin(instance, life) }
    nextSerial += 1
    lookups[instance] = (nextSerial, life)
    machine.plan(.lookedUp(instance, serial: nextSerial), after: life.waits)
  }

  private mutating func begin(_ instance: InstanceID, _ life: Life) {
    if let kind = life.failure {
      oracle.spawnFailed(instance)
      return deliver(
        .spawnFailed(instance, SpawnFailure(kind: kind, text: "can't find command")))
    }
    let pid = nextPid
    nextPid += 1
    oracle.began(instance, isUnkillable: life.isUnkillable)
    children[pid] = Child(instance: instance, life: life)
    plan(life, of: pid, isTask: isTask(instance))
    deliver(.spawned(instance, pid: pid))
  }

  private func plan(_ life: Life, of pid: Int32, isTask: Bool) {
    if !isTask, let after = life.announces { machine.plan(.announces(pid: pid), after: after) }
    if let after = life.outgrows { machine.plan(.outgrows(pid: pid), after: after) }
    for (after, notification) in life.notifications {
      machine.plan(.notifies(pid: pid, notification), after: after)
    }
    if let kind = life.setUpFails {
      machine.plan(.setUpFails(pid: pid, kind), on: .childSignals, after: .milliseconds(1))
    } else if let end = life.end {
      machine.plan(.dies(pid: pid, end.status), on: .childSignals, after: end.after)
    }
  }

  mutating func send(_ signal: Signal, to instance: InstanceID) {
    guard let (pid, child) = process(of: instance), !child.isZombie else { return }
    if signal != .kill, !isTask(instance), outcomes.isSignalRefused(by: name(of: instance)) {
      if !child.isEscaped { oracle.escaped(instance) }
      children[pid]?.isEscaped = true
      return events.append(.signalRefused(instance, error: "EPERM"))
    }
    obey(signal, pid)
  }

  private func process(of instance: InstanceID) -> (pid: Int32, child: Child)? {
    children.first { $0.value.instance == instance && !$0.value.isAbandoned }
      .map { ($0.key, $0.value) }
  }

  mutating func abandonProcess(of instance: InstanceID) {
    guard let (pid, child) = process(of: instance) else { return }
    if !child.isEscaped { oracle.escaped(instance) }
    children[pid]?.isEscaped = true
    children[pid]?.isAbandoned = true
  }

  mutating func obey(_ signal: Signal, _ pid: Int32) {
    guard let child = children[pid], !child.life.isUnkillable else { return }
    let delay = signal == .kill ? Duration.milliseconds(1) : child.life.obeysAfter
    guard let delay, !child.isDying || signal == .kill else { return }
    children[pid]?.isDying = true
    if signal == .kill { children[pid]?.isKilled = true }
    let status = ExitStatus.signal(signal.number, coreDumped: false)
    machine.plan(.dies(pid: pid, status), on: .childSignals, after: delay)
  }

  /// A process that nothing ends does not end by itself either.
  mutating func becomeZombie(_ end: VirtualMachine.Planned.Kind) {
    switch end {
    case .dies(let pid, _), .setUpFails(let pid, _):
      guard let child = children[pid], !child.isZombie, !child.life.isUnkillable else { return }
      children[pid]?.isZombie = true
      zombies.append((pid, end))
    case _: oracle.violations.append("the simulated machine has planned an end that is none")
    }
  }

  mutating func reapChildren() {
    for _ in 0..<VirtualMachine.batch where !isOver && !zombies.isEmpty {
      let (pid, end) = zombies.removeFirst()
      if let child = children[pid] { reap(pid, child, end) }
      lookForStopSignals()
    }
  }

  private mutating func reap(_ pid: Int32, _ child: Child, _ end: VirtualMachine.Planned.Kind) {
    if !child.isEscaped { oracle.ended(child.instance) }
    children[pid] = nil
    defer { if isSweeping, children.isEmpty { deliver(.childless) } }
    guard !child.isAbandoned else { return }
    switch end {
    case .dies(_, let status): deliver(.exited(child.instance, status))
    case .setUpFails(_, let kind):
      deliver(.spawnFailed(child.instance, SpawnFailure(kind: kind, text: "couldn't exec")))
    case _: break
    }
  }
}
