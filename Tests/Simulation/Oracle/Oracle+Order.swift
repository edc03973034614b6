import ProgramSpec
import SuperviseCore

/// The documented order as far as no edge of the graph decides it; and what `status` shows of it.
extension Oracle {
  /// Event listeners hear of the end of all others, except of what they depend on themselves.
  mutating func checkListenerIsLast(_ index: Int) {
    for other in units.indices where isActive(other) && !isBehindListener(other) {
      complain(
        InstanceID(index), "stopped before \(cast.members[other].name), of which it should hear")
    }
  }

  /// The last events reach a listener before its signal does, or it has had its time.
  mutating func checkListenerHasHeard(_ index: Int) {
    guard !isDelivered else { return }
    guard let asked = deliveryAsked, now >= asked.advanced(by: .seconds(1)) else {
      return complain(InstanceID(index), "stopped before it could hear of the others' end")
    }
  }

  /// At the begin, units start by priority and name, as supervisord's groups do, and afterwards at
  /// least the processes of each program in their order; a request names its own order.
  mutating func checkStartOrder() {
    defer { started = [] }
    if case .asked = current { return }
    for (first, second) in zip(started, started.dropFirst())
    where cast.members[first].rank > cast.members[second].rank && !wantedLast.contains(second) {
      guard
        current == .began && !isReadyHook(second)
          || cast.members[first].unit == cast.members[second].unit
      else {
        continue
      }
      complain(
        InstanceID(first), "started before \(cast.members[second].name), which comes first")
    }
  }

  /// A start that is still to come shows the units that it waits for.
  mutating func checkWaiting(_ fleet: Fleet) {
    for index in wanted {
      guard let unit = cast.members[index].unit else { continue }
      let expected = Set(
        (order.requires[unit].filter { !isSatisfied($0) }
          + order.follows[unit].filter { !isSettled($0) }).map { configuration.units[$0].name })
      let shown = fleet.snapshot(of: InstanceID(index)).waitsFor
      let names = shown.map { Set($0.map { fleet.plan.nodes[$0.index].name }) }
      if names != expected {
        let text = [names ?? [], expected].map { $0.sorted().joined(separator: ", ") }
        complain(InstanceID(index), "is shown as waiting for \(text[0]), but waits for \(text[1])")
      }
    }
  }
}
