import ProgramSpec
import Supervise
import SuperviseCore

/// What happens on the simulated machine, but for the ends of processes.
extension SimulatedKernel {
  mutating func happen(_ kind: VirtualMachine.Planned.Kind) {
    switch kind {
    case .lookedUp(let instance, let serial):
      if lookups[instance]?.serial == serial { spawnQueue.prepend([instance]) }
    case .announces(let pid): happen(to: pid) { .announcedReadiness($0) }
    case .notifies(let pid, let notification):
      occurrences.insert(.notification(notification.kind))
      happen(to: pid) { .notified($0, notification) }
    case .outgrows(let pid): happen(to: pid) { .outgrew($0, bytes: 1 << 30) }
    case .stopCommandEnds(let instance, let serial, let verdict):
      stopCommandEnded(instance, serial, verdict)
    case .answers(let instance, let purpose, let serial, let verdict):
      guard probes.contains(where: { $0.serial == serial }) else { return }
      forgetProbe(instance, purpose)
      deliver(.probed(instance, purpose, verdict))
    case .signal(let signal): deliver(.signalled(signal))
    case .eventsDelivered:
      oracle.eventsDelivered()
      deliver(.eventsDelivered)
    case .outputFlushed: deliver(.outputFlushed)
    case .childless: if children.isEmpty { deliver(.childless) }
    case .input(let input): take(input)
    case .calm: beginCalm()
    case .ending: beginEnding()
    case .limit: oracle.violations.append("the shutdown did not end in time")
    case .dies, .setUpFails:
      oracle.violations.append("the simulated machine has planned an end as something else")
    }
  }

  /// A message may come from a process that has ended since.
  private mutating func happen(to pid: Int32, _ event: (InstanceID) -> Event) {
    guard let child = children[pid], !child.isZombie, !isTask(child.instance) else { return }
    deliver(event(child.instance))
  }

  mutating func probe(_ instance: InstanceID, _ purpose: ProbePurpose) {
    let outcome = outcomes.probe(of: name(of: instance))
    if case .refused = outcome {
      let failure = SpawnFailure(kind: .other, text: "Resource temporarily unavailable")
      return events.append(.probeFailedToStart(instance, purpose, failure))
    }
    nextSerial += 1
    probes.append((instance, purpose, nextSerial))
    guard case .answers(let delay, let verdict) = outcome else { return }
    machine.plan(.answers(instance, purpose, serial: nextSerial, verdict), after: delay)
  }

  mutating func forgetProbe(_ instance: InstanceID, _ purpose: ProbePurpose) {
    probes.removeAll { $0.instance == instance && $0.purpose == purpose }
  }

  /// It works as a signal does, or fails, or hangs.
  mutating func runStopCommand(of instance: InstanceID) {
    nextSerial += 1
    stopCommands[instance] = nextSerial
    guard case .ends(let delay, let verdict) = outcomes.stopCommand(of: name(of: instance)) else {
      return
    }
    machine.plan(.stopCommandEnds(instance, serial: nextSerial, verdict), after: delay)
    guard case .passed = verdict,
      let pid = children.first(where: { $0.value.instance == instance })?.key
    else { return }
    obey(.terminate, pid)
  }

  private mutating func stopCommandEnded(
    _ instance: InstanceID, _ serial: Int, _ verdict: Verdict
  ) {
    guard stopCommands[instance] == serial else { return }
    stopCommands[instance] = nil
    oracle.stopCommandEnded(instance)
    deliver(.stopCommandEnded(instance, verdict))
  }

  mutating func deliverEvents() {
    switch outcomes.delivery() {
    case .hangs: break
    case .completes(let delay): machine.plan(.eventsDelivered, after: delay)
    case .isDead:
      oracle.eventsDelivered()
      events.append(.eventsDelivered)
    }
  }

  mutating func flushOutput() {
    switch outcomes.flush() {
    case .hangs: break
    case .completes(let delay): machine.plan(.outputFlushed, after: delay)
    case .isDead: events.append(.outputFlushed)
    }
  }

  mutating func sweep(_ signal: Signal) {
    guard signal == .kill || !outcomes.leavesOrphans() else { return }
    isSweeping = true
    machine.plan(.childless, after: .milliseconds(1))
  }
}
