internal import EventsProtocol

/// What has happened, as far as pools are concerned.
enum BrokerEvent {
  case poolAdded(PoolDescription)
  case poolRemoved(name: String)
  case listenerStarted(ListenerDescription)
  case listenerRunning(instance: UInt32, Bool)
  case listenerWrote(instance: UInt32, ArraySlice<UInt8>)
  /// The answer to `send`: the envelope is in its stdin, or will be.
  case listenerReceived(instance: UInt32)
  /// Its stdin is closed; also an answer to `send`.
  case listenerDeaf(instance: UInt32)
  case listenerEnded(instance: UInt32)
  case happened(EventType, payload: [UInt8])
  case deadlinePassed
}

/// What is to be done about it.
enum BrokerEffect: Equatable {
  case send(instance: UInt32, [UInt8])
  case say(EventsMessage.Level, String)
  /// A line that programs can cause at any rate: the caller limits how many are written.
  case sayLimited(EventsMessage.Level, String)
  /// To the supervisor's stdout: as it is, or line by line.
  case show(ResultHandler.Printed, isMarked: Bool)
}

extension [BrokerEffect] {
  mutating func debug(_ text: String) { append(.say(.debug, text)) }
}

/// All pools: events in, envelopes and lines for the main log out. It has no clock, no descriptors
/// and no memory of events that it has passed on and seen answered.
struct EventBroker {
  private(set) var pools: [Pool] = []
  private var serial: Serial

  init(serial: Serial = Serial()) { self.serial = serial }

  /// `now` is in nanoseconds of any clock that never goes back.
  mutating func on(_ event: BrokerEvent, at now: UInt64, into effects: inout [BrokerEffect]) {
    switch event {
    case .poolAdded(let description): add(description)
    case .poolRemoved(let name): pools.removeAll { $0.description.name == name }
    case .listenerStarted(let description): start(description, &effects)
    case .listenerRunning(let instance, let isRunning):
      withListener(instance) { pool, index in pool.change(index) { $0.isRunning = isRunning } }
    case .listenerWrote(let instance, let bytes):
      withListener(instance) { pool, index in pool.heard(index, bytes, at: now, into: &effects) }
    case .listenerReceived(let instance):
      withListener(instance) { pool, index in pool.received(index, into: &effects) }
    case .listenerDeaf(let instance):
      withListener(instance) { pool, index in pool.becameDeaf(index, into: &effects) }
    case .listenerEnded(let instance): end(instance, &effects)
    case .happened(let type, let payload): accept(type, payload, &effects)
    case .deadlinePassed: break
    }
    for index in pools.indices { pools[index].dispatch(at: now, into: &effects) }
  }

  /// When `deadlinePassed` is to come.
  var nextDeadline: UInt64? { pools.compactMap(\.nextDeadline).min() }

  /// Whether anybody wants it.
  func isSubscribed(_ type: EventType) -> Bool { pools.contains { $0.subscriptions(type) > 0 } }

  /// Nothing is under way to a listener that could still take it.
  var isSettled: Bool { pools.allSatisfy(\.isSettled) }

  func state(of instance: UInt32) -> ListenerState? {
    for pool in pools {
      if let listener = pool.listeners.first(where: { $0.instance == instance }) {
        return listener.machine.state
      }
    }
    return nil
  }

  /// Whether the results of this listener are shown on stdout.
  func shows(_ instance: UInt32) -> Bool {
    pools.contains { pool in
      pool.description.resultHandler == .supervisorStdout
        && pool.listeners.contains { $0.instance == instance }
    }
  }

  /// One of the same name is described anew, and keeps what it has.
  private mutating func add(_ description: PoolDescription) {
    guard let known = pools.firstIndex(where: { $0.description.name == description.name }) else {
      return pools.append(Pool(description))
    }
    pools[known].description = description
  }

  private mutating func start(
    _ description: ListenerDescription, _ effects: inout [BrokerEffect]
  ) {
    end(description.instance, &effects)
    guard let pool = pools.firstIndex(where: { $0.description.name == description.pool }) else {
      return
    }
    pools[pool].add(description)
  }

  private mutating func end(_ instance: UInt32, _ effects: inout [BrokerEffect]) {
    withListener(instance) { pool, index in pool.remove(index, into: &effects) }
  }

  /// An event that nobody wants takes no number.
  private mutating func accept(
    _ type: EventType, _ payload: [UInt8], _ effects: inout [BrokerEffect]
  ) {
    guard isSubscribed(type) else { return }
    let number = serial.next()
    for index in pools.indices where pools[index].subscriptions(type) > 0 {
      pools[index].accept(type, payload, serial: number, into: &effects)
    }
  }

  private mutating func withListener(_ instance: UInt32, _ use: (inout Pool, Int) -> Void) {
    for pool in pools.indices {
      let found = pools[pool].listeners.firstIndex { $0.instance == instance }
      if let found { return use(&pools[pool], found) }
    }
  }
}
