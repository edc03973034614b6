/// Starts that will not come by themselves: what they wait for has failed, or was stopped.
extension Fleet {
  /// It is to start, and waits for something that is not on its way, be it at several removes.
  package func isHeldUp(_ id: InstanceID) -> Bool {
    phase == .up && instances[id.index].facts.isWaiting
      && nodes[plan.members[id.index].node.index].obstacles > 0
  }

  /// What waits for an obstacle is one itself: for those that require it as for those after it.
  /// Nothing waits for a unit that is satisfied, as a cron always is.
  func isHeldUp(_ node: NodeID) -> Bool {
    guard nodes[node.index].obstacles > 0, !nodes[node.index].isSatisfied else { return false }
    return plan.nodes[node.index].isBarrier
      || plan.nodes[node.index].instances.contains { instances[$0].facts.isWaiting }
  }

  mutating func propagateObstacle(_ isObstacle: Bool, _ isHeldUp: Bool, of node: NodeID) {
    if isObstacle != nodes[node.index].isObstacle {
      nodes[node.index].isObstacle = isObstacle
      for dependent in plan.nodes[node.index].requiredBy {
        nodes[dependent.index].obstacles += isObstacle ? 1 : -1
        queue.insert(dependent)
      }
    }
    guard isHeldUp != nodes[node.index].isHeldUp else { return }
    nodes[node.index].isHeldUp = isHeldUp
    for dependent in plan.nodes[node.index].followedBy {
      nodes[dependent.index].obstacles += isHeldUp ? 1 : -1
      queue.insert(dependent)
    }
  }

  /// Whoever asked for such a start is told: it goes on waiting, but nobody has to wait with it.
  ///
  /// Only once the queue is empty: in between, what is about to be started still looks as if it
  /// stood still.
  mutating func answerHeldUp(_ turn: inout Turn) {
    guard mayHaveToTell else { return }
    mayHaveToTell = false
    for index in asks.indices where asks[index].kind == .start {
      var told: Set<InstanceID> = []
      for id in asks[index].remaining where isHeldUp(id) && told.insert(id).inserted {
        reply(asks[index].id, fault(.abnormalTermination, id), &turn)
      }
      asks[index].remaining.removeAll(where: told.contains)
      if asks[index].remaining.isEmpty { reply(asks[index].id, .end, &turn) }
    }
    forgetAnswered()
  }
}
