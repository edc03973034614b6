import ProgramSpec
import SuperviseCore

/// Who may be brought down before whom: event listeners, and what is restarted one by one.
extension Oracle {
  /// Only what nothing waits for may be stopped after a listener: what it depends on itself.
  mutating func checkListenerIsLast(_ id: InstanceID) {
    guard case .program(let rules) = plan.node(of: id).rules, rules.isListener,
      configuration.units.allSatisfy({ ($0.dependsOn ?? []).isEmpty && ($0.after ?? []).isEmpty })
    else { return }
    for index in live.indices where live[index] > 0 && !stoppedBefore.contains(index) {
      guard case .program(let other) = plan.node(of: InstanceID(index)).rules, !other.isListener
      else { continue }
      complain(id, "stopped before \(plan.members[index].displayName), of which it should hear")
    }
  }

  /// What came while everything ran does not end it.
  mutating func checkCause(_ cause: ShutdownCause) {
    switch cause {
    case .hookFailed(let id, _), .waitTimedOut(let id):
      guard let unit = plan.node(of: id).unit, configuration.units[unit].isLate else { return }
      complain(id, "came late, and ended everything")
    case .signal, .asked, .reload, .exited, .fatal, .unhealthy, .commandNotStarted: break
    }
  }

  /// By default nobody waits for a step that is younger than itself.
  mutating func checkWaiting(_ fleet: Fleet) {
    for index in plan.members.indices where !plan.members[index].isVacant {
      let id = InstanceID(index)
      guard let unit = plan.node(of: id).unit.map({ configuration.units[$0] }),
        unit.dependsOn == nil, unit.after == nil
      else { continue }
      for other in fleet.snapshot(of: id).waitsFor ?? [] {
        guard let step = plan.nodes[other.index].unit.map({ configuration.units[$0] }) else {
          continue
        }
        if step.generation > unit.generation { complain(id, "waits for \(step.name)") }
      }
    }
  }

  /// The last events reach a listener before its signal does, or it has had its time.
  mutating func checkListenerHasHeard(_ id: InstanceID, _ signal: Signal, at now: Instant) {
    guard isShuttingDown, !isHurried, signal != .user1, !stoppedBefore.contains(id.index),
      configuration.supervisor.shutdownOrder != .parallel,
      case .program(let rules) = plan.node(of: id).rules, rules.isListener, !isDelivered
    else { return }
    guard let asked = deliveryAsked, now >= asked.advanced(by: .seconds(1)) else {
      return complain(id, "stopped before it could hear of the others' end")
    }
  }

  /// Of all that roll never more than one is down.
  mutating func noteRoll(_ id: InstanceID, _ to: StateName, _ reason: Reason?) {
    if to == .stopping, reason == .rolling {
      if let rolling { complain(id, "rolled while instance \(rolling) was not ready") }
      (rolling, lastRolled) = (id.index, id.index)
    } else if id.index == lastRolled {
      switch to {
      case .ready, .fatal, .unknown, .exited: (rolling, lastRolled) = (nil, nil)
      case .stopped: rolling = nil
      case .starting, .backoff: rolling = id.index
      case .waiting, .running, .stopping, .retrying, .passed, .succeeded, .failed: break
      }
    }
  }

  mutating func noteRenewal(_ id: InstanceID, _ reason: Reason?) {
    switch reason {
    case .unhealthy, .memoryLimit, .maximumUptime, .rolling, .watchdog, .watchdogTriggered:
      renewed.insert(id.index)
    case .exit, .spawnFailure, .lastWords, .notReadyInTime, .timedOut, .restartLimit, .asked, nil:
      renewed.remove(id.index)
    }
  }
}
