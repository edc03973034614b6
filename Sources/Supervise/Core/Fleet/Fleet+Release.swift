/// Shutdown along the graph: a node is told to stop once everything that comes after it is down.
extension Fleet {
  mutating func findFreeNodes() {
    for index in nodes.indices {
      let node = plan.nodes[index]
      nodes[index].liveDependents = node.requiredBy.count + node.followedBy.count
    }
    shutdown.listeners = nodes.indices.filter { plan.nodes[$0].isListener }.map(NodeID.init)
    shutdown.free = startOrder().filter { id in
      nodes[id.index].liveDependents == 0 && !plan.nodes[id.index].isListener
    }
  }

  mutating func releaseNextNode(_ turn: inout Turn) -> Bool {
    freeListeners(&turn)
    guard let node = shutdown.free.popLast() else { return false }
    nodes[node.index].isReleased = true
    for index in plan.nodes[node.index].instances { stop(InstanceID(index), &turn) }
    queue.insert(node)
    return true
  }

  /// Once nothing of a released node lives, its requirements have one dependent less, and some of
  /// them none. An immediate shutdown has stopped every node already: a second stop would repeat
  /// SIGKILL before its interval is over.
  mutating func markDown(_ node: NodeID) {
    guard !shutdown.isHurried, !nodes[node.index].isDown, nodes[node.index].activeInstances == 0
    else { return }
    nodes[node.index].isDown = true
    for other in plan.nodes[node.index].requires + plan.nodes[node.index].follows {
      nodes[other.index].liveDependents -= 1
      let isFree = shutdown.areListenersFree || !plan.nodes[other.index].isListener
      if nodes[other.index].liveDependents == 0, isFree {
        shutdown.free.append(other)
      }
    }
  }

  /// Event listeners hear of the end of all others, but for those that they depend on.
  private mutating func freeListeners(_ turn: inout Turn) {
    guard !shutdown.listeners.isEmpty, shutdown.free.isEmpty,
      !nodes.contains(where: { $0.isReleased && $0.activeInstances > 0 }),
      !shutdown.listeners.contains(where: { nodes[$0.index].activeInstances > 0 })
        || hasDeliveredEvents(&turn)
    else { return }
    shutdown.areListenersFree = true
    shutdown.free = shutdown.listeners.filter { nodes[$0.index].liveDependents == 0 }
    shutdown.listeners = []
  }

  /// Asks for it the first time.
  mutating func hasDeliveredEvents(_ turn: inout Turn) -> Bool {
    switch shutdown.delivery {
    case .over: return true
    case .underWay: return false
    case .notAsked:
      turn.effects.append(.deliverEvents)
      shutdown.delivery = .underWay(until: turn.now.advanced(by: Fleet.deliveryLimit))
      return false
    }
  }
}
