import ProgramSpec

/// How far a node has come.
struct NodeProgress: Sendable, Equatable {
  var unmetRequires: Int
  var unmetFollows: Int
  var unsatisfiedInstances: Int
  var pendingInstances = 0
  var activeInstances = 0
  /// For `depends_on`.
  var isSatisfied = false
  /// Of what it comes after, so many are not on their way.
  var obstacles = 0
  /// Nobody who requires it starts before somebody does something about it.
  var isObstacle = false
  /// It waits for an obstacle.
  var isHeldUp = false
  /// For `after`: satisfied, or not coming by itself.
  var isSettled = false
  /// Nodes that come after it and are not down yet: used once shutdown has begun.
  var liveDependents = 0
  var isReleased = false
  var isDown = false

  init(_ node: Plan.Node) {
    unmetRequires = node.requires.count
    unmetFollows = node.follows.count
    unsatisfiedInstances = node.instances.count
  }

  var mayStart: Bool { unmetRequires == 0 && unmetFollows == 0 }
}

/// Nodes to look at again, each at most once, in the order they came.
struct NodeQueue: Sendable, Equatable {
  private var waiting: [NodeID] = []
  private var head = 0
  private var isQueued: [Bool] = []

  mutating func insert(_ node: NodeID) {
    while isQueued.count <= node.index { isQueued.append(false) }
    guard !isQueued[node.index] else { return }
    isQueued[node.index] = true
    waiting.append(node)
  }

  mutating func next() -> NodeID? {
    guard head < waiting.count else {
      waiting.removeAll(keepingCapacity: true)
      head = 0
      return nil
    }
    defer { head += 1 }
    isQueued[waiting[head].index] = false
    return waiting[head]
  }
}

/// The graph: who may start now that something else has changed.
extension Fleet {
  mutating func begin(_ turn: inout Turn) {
    guard phase == .idle else { return }
    phase = .up
    for index in instances.indices where isCron(InstanceID(index)) {
      refresh(InstanceID(index), &turn)
    }
    for index in instances.indices where startsByItself(InstanceID(index)) {
      awaitFromStart(InstanceID(index), &turn)
    }
    // Also those that do not start by themselves, so that what comes `after=` one of them does not
    // wait for it.
    for index in nodes.indices { queue.insert(NodeID(index)) }
  }

  func startsByItself(_ id: InstanceID) -> Bool {
    switch plan.rules(of: id) {
    case .program(let rules): rules.autostart
    case .task(let rules): rules.stage == .start
    case .wait: true
    // Begun by the clock, once all others are there.
    case .cron, .barrier: false
    }
  }

  mutating func awaitFromStart(_ id: InstanceID, _ turn: inout Turn) {
    guard !instances[id.index].isAwaitedByStart else { return }
    instances[id.index].isAwaitedByStart = true
    awaitedCount += 1
    wish(id, &turn)
  }

  mutating func startOnRequest(_ id: InstanceID, _ turn: inout Turn) {
    startRequests += 1
    wish(id, &turn, request: startRequests)
  }

  /// To be started when its turn has come, and first what it depends on.
  private mutating func wish(_ id: InstanceID, _ turn: inout Turn, request: Int = 0) {
    var pending = [id]
    while let next = pending.popLast() {
      guard !instances[next.index].isWished else { continue }
      instances[next.index].isWished = true
      instances[next.index].request = request
      refresh(next, &turn)
      let node = plan.members[next.index].node
      queue.insert(node)
      pending += unsatisfiedRequirements(of: node)
    }
  }

  /// Instances that stand still and that the node cannot start without, through barriers too.
  private func unsatisfiedRequirements(of node: NodeID) -> [InstanceID] {
    var found: [InstanceID] = []
    var open = plan.nodes[node.index].requires
    while let next = open.popLast() {
      guard !nodes[next.index].isSatisfied else { continue }
      if plan.nodes[next.index].isBarrier { open += plan.nodes[next.index].requires }
      for index in plan.nodes[next.index].instances where standsStill(index) {
        found.append(InstanceID(index))
      }
    }
    return found
  }

  private func standsStill(_ index: Int) -> Bool {
    let facts = instances[index].facts
    guard !facts.isSatisfied, !facts.isPending, !facts.isActive else { return false }
    // One that may not be signalled still runs.
    return facts.state != .fatal && facts.state != .unknown
  }

  /// Carries changed facts of one instance to its node, and from there to its neighbours.
  mutating func count(_ old: Instance.Facts, _ new: Instance.Facts, of id: InstanceID) {
    let node = plan.members[id.index].node
    nodes[node.index].unsatisfiedInstances += (old.isSatisfied ? 1 : 0) - (new.isSatisfied ? 1 : 0)
    nodes[node.index].pendingInstances += (new.isPending ? 1 : 0) - (old.isPending ? 1 : 0)
    let activated = (new.isActive ? 1 : 0) - (old.isActive ? 1 : 0)
    nodes[node.index].activeInstances += activated
    activeCount += activated
    queue.insert(node)
  }

  /// Works the queue off, then takes the next step of a start or a shutdown, until nothing moves.
  mutating func settle(_ turn: inout Turn) {
    repeat {
      while startNext(&turn) {}
    } while advanceStart(&turn) || advanceCrons(&turn) || advanceRolls(&turn)
      || advanceRestarts(&turn)
      || advanceShutdown(&turn)
    answerHeldUp(&turn)
    answerStalled(&turn)
  }

  /// Carries all changes along the graph, and only then starts the next node: of several that are
  /// to start, one may come after another whose change has not been carried on yet. False: nothing
  /// was to start.
  private mutating func startNext(_ turn: inout Turn) -> Bool {
    while let node = queue.next() { reconsider(node) }
    guard let node = startable.popFirst()?.node else { return false }
    guard phase == .up, nodes[node.index].mayStart else { return true }
    for index in plan.nodes[node.index].instances where instances[index].isWished {
      startNow(InstanceID(index), &turn)
    }
    return true
  }

  private mutating func reconsider(_ node: NodeID) {
    let progress = nodes[node.index]
    let barrierIsOpen = !plan.nodes[node.index].isBarrier || progress.mayStart
    let isSatisfied = progress.unsatisfiedInstances == 0 && barrierIsOpen
    let isSettled = isSatisfied || (progress.pendingInstances == 0 && barrierIsOpen)
    if isSatisfied != progress.isSatisfied { propagateSatisfaction(isSatisfied, of: node) }
    if isSettled != progress.isSettled { propagateSettlement(isSettled, of: node) }
    if progress.obstacles > 0 { mayHaveToTell = true }
    let isHeldUp = isHeldUp(node)
    propagateObstacle(isHeldUp || (isSettled && !isSatisfied), isHeldUp, of: node)
    if progress.isReleased { markDown(node) }
    if phase == .up, progress.mayStart { queueStart(of: node) }
  }

  private mutating func queueStart(of node: NodeID) {
    var first: Int?
    for index in plan.nodes[node.index].instances where instances[index].isWished {
      first = min(first ?? .max, instances[index].request)
    }
    guard let first else { return }
    startable.insert(NodeTurn(precedence: first, rank: plan.nodes[node.index].rank, node: node))
  }

  private mutating func propagateSatisfaction(_ isSatisfied: Bool, of node: NodeID) {
    nodes[node.index].isSatisfied = isSatisfied
    for dependent in plan.nodes[node.index].requiredBy {
      nodes[dependent.index].unmetRequires += isSatisfied ? -1 : 1
      queue.insert(dependent)
    }
  }

  private mutating func propagateSettlement(_ isSettled: Bool, of node: NodeID) {
    nodes[node.index].isSettled = isSettled
    for dependent in plan.nodes[node.index].followedBy {
      nodes[dependent.index].unmetFollows += isSettled ? -1 : 1
      queue.insert(dependent)
    }
  }

  /// It may have come back by itself meanwhile: then that was the start.
  private mutating func startNow(_ id: InstanceID, _ turn: inout Turn) {
    instances[id.index].isWished = false
    feed(.start, to: id, &turn)
    answer(about: id, &turn)
  }

  mutating func noLongerAwaited(_ id: InstanceID, _ turn: inout Turn) {
    guard instances[id.index].isAwaitedByStart else { return }
    instances[id.index].isAwaitedByStart = false
    awaitedCount -= 1
  }

  /// The start is complete once everything that starts by itself has been ready; then the ready
  /// hooks run, and once they have, those who asked are told.
  private mutating func advanceStart(_ turn: inout Turn) -> Bool {
    guard phase == .up, awaitedCount == 0 else { return false }
    guard startedAt == nil else {
      hasBeenReady = true
      answerReady(&turn)
      return false
    }
    startedAt = turn.now
    turn.effects.append(.record(Record(at: turn.now, instance: nil, happening: .startCompleted)))
    for index in instances.indices where plan.stage(of: index) == .ready {
      awaitFromStart(InstanceID(index), &turn)
    }
    beginCrons(&turn)
    return true
  }
}

extension Plan {
  func stage(of index: Int) -> Hook.Stage? {
    guard case .task(let rules) = nodes[members[index].node.index].rules else { return nil }
    return rules.stage
  }
}
