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

  /// Requests start units in the order of their names. What one request brings about, or starts by
  /// itself, starts by priority and name, as supervisord's groups do.
  mutating func checkStartOrder(of index: Int) {
    let earlier = wanted.first { other in
      other != index && startsBefore(other, index) && mayStart(other) && !started.contains(other)
        && !isStarted(other) && !isWantedLater(other, than: index)
    }
    guard let earlier else { return }
    complain(InstanceID(index), "started before \(cast.members[earlier].name), which comes first")
  }

  /// By a restart that continues after the other has started.
  private func isWantedLater(_ index: Int, than other: Int) -> Bool {
    wantedLast.contains(index) && requests[index, default: 0] > requests[other, default: 0]
  }

  private func startsBefore(_ first: Int, _ second: Int) -> Bool {
    (request(for: first), cast.members[first].rank)
      < (request(for: second), cast.members[second].rank)
  }

  /// The first one that wants anything of the same unit: all of it starts together.
  private func request(for index: Int) -> Int {
    let together = cast.members[index].unit.map { cast.instances[$0] } ?? []
    return together.filter(wanted.contains).compactMap { requests[$0] }.min() ?? 0
  }

  /// Those that nothing live follows are stopped against the order of the start.
  mutating func checkStopOrder(of index: Int) {
    let later = units.indices.first { other in
      cast.members[other].rank > cast.members[index].rank
        && cast.members[other].unit != cast.members[index].unit && isRunning(other)
        && isFreeToStop(other, besideListeners: isBehindListener(index))
    }
    guard let later else { return }
    complain(InstanceID(index), "stopped before \(cast.members[later].name), which started later")
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
