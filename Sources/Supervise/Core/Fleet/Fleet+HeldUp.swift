/// Starts that will not come by themselves: what they wait for has failed, or was stopped.
extension Fleet {
  /// It is to start, and waits for something that is not on its way, be it at several removes.
  package func isHeldUp(_ id: InstanceID) -> Bool {
    guard phase == .up, instances[id.index].isWished else { return false }
    var open = [plan.members[id.index].node]
    var seen: Set<NodeID> = []
    while let node = open.popLast() {
      for required in plan.nodes[node.index].requires where !nodes[required.index].isSatisfied {
        if nodes[required.index].isSettled { return true }
        if waits(required), seen.insert(required).inserted { open.append(required) }
      }
    }
    return false
  }

  private func waits(_ node: NodeID) -> Bool {
    plan.nodes[node.index].isBarrier
      || plan.nodes[node.index].instances.contains { instances[$0].isWished }
  }

  /// Whoever asked for such a start is told: it goes on waiting, but nobody has to wait with it.
  ///
  /// Only once the graph is settled, and after something in it has come to rest: in between, what
  /// is about to be started still looks as if it stood still.
  mutating func answerHeldUp(_ turn: inout Turn) {
    guard mayHoldUp else { return }
    mayHoldUp = false
    for index in asks.indices where asks[index].kind == .start {
      for id in asks[index].remaining.filter(isHeldUp) {
        settle(id, of: index, fault(.abnormalTermination, id), &turn)
      }
    }
    forgetAnswered()
  }
}
