/// Shutdown along the graph: a node is told to stop once everything that comes after it is down.
extension Fleet {
  mutating func findFreeNodes() {
    for index in nodes.indices {
      let node = plan.nodes[index]
      nodes[index].liveDependents = node.requiredBy.count + node.followedBy.count
    }
    shutdown.listeners = nodes.indices.filter { plan.nodes[$0].isListener }.map(NodeID.init)
    for index in nodes.indices
    where nodes[index].liveDependents == 0 && !plan.nodes[index].isListener {
      free(NodeID(index))
    }
  }

  /// Against the order of the start; first those that are down already, which may free others.
  private mutating func free(_ node: NodeID) {
    shutdown.free.insert(
      NodeTurn(
        precedence: nodes[node.index].activeInstances == 0 ? 0 : 1,
        rank: -plan.nodes[node.index].rank, node: node))
  }

  mutating func releaseNextNode(_ turn: inout Turn) -> Bool {
    freeListeners(&turn)
    guard let node = shutdown.free.popFirst()?.node else { return false }
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
      if nodes[other.index].liveDependents == 0, isFree { free(other) }
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
    for node in shutdown.listeners where nodes[node.index].liveDependents == 0 { free(node) }
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
