import ProgramSpec
import SuperviseCore

/// Event listeners hear of the end of all others; and a unit waits for no younger step.
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
    guard isShuttingDown, !isHurried, !Oracle.requested.contains(signal),
      !stoppedBefore.contains(id.index),
      configuration.supervisor.shutdownOrder != .parallel,
      case .program(let rules) = plan.node(of: id).rules, rules.isListener, !isDelivered
    else { return }
    guard let asked = deliveryAsked, now >= asked.advanced(by: .seconds(1)) else {
      return complain(id, "stopped before it could hear of the others' end")
    }
  }
}
