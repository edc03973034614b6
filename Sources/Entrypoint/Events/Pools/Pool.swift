internal import EventsProtocol

/// One `[eventlistener:x]`: what waits to be sent, and the processes that it can be sent to.
struct Pool {
  var description: PoolDescription
  private(set) var buffer: [PoolEvent] = []
  /// By their instance numbers, which is the order they are asked in.
  private(set) var listeners: [Listener] = []
  private var serial: Serial

  init(_ description: PoolDescription, serial: Serial = Serial()) {
    self.description = description
    self.serial = serial
  }

  /// How often it is sent events of this type: a name that is subscribed to twice counts once, but
  /// overlapping names each for themselves.
  func subscriptions(_ type: EventType) -> Int {
    Set(description.events).count { type.isKind(of: $0) }
  }

  /// When a listener that rests can be sent what waits; nil: there is none, or nothing.
  var nextDeadline: UInt64? {
    guard !buffer.isEmpty else { return nil }
    return listeners.filter { $0.isWaiting && !$0.isDeaf }.compactMap(\.restsUntil).min()
  }

  /// Every event has been answered, or there is nobody who could.
  var isSettled: Bool {
    let able = listeners.filter { $0.isRunning && !$0.isDeaf && $0.machine.state != .unknown }
    return able.isEmpty || (buffer.isEmpty && able.allSatisfy { $0.machine.state != .busy })
  }

  mutating func accept(
    _ type: EventType, _ payload: [UInt8], serial: Int64, into effects: inout [BrokerEffect]
  ) {
    let event = PoolEvent(
      type: type, payload: payload, serial: serial, poolSerial: self.serial.next())
    insert(event, at: buffer.count, &effects)
    for _ in 1..<max(1, subscriptions(type)) { insertAgain(event, atHead: false, &effects) }
  }

  mutating func add(_ description: ListenerDescription) {
    let place = listeners.firstIndex { $0.instance > description.instance } ?? listeners.count
    listeners.insert(Listener(description, self.description.resultHandler), at: place)
  }

  /// Its process has ended; what it had not answered is for another.
  mutating func remove(_ index: Int, into effects: inout [BrokerEffect]) {
    if let event = listeners[index].giveBack() { insertAgain(event, atHead: true, &effects) }
    listeners.remove(at: index)
  }

  mutating func change(_ index: Int, _ change: (inout Listener) -> Void) {
    change(&listeners[index])
  }

  /// The oldest event to the first listener that is ready for it, until either runs out.
  mutating func dispatch(at now: UInt64, into effects: inout [BrokerEffect]) {
    while let event = buffer.first, let index = listener(for: event, now, &effects) {
      buffer.removeFirst()
      listeners[index].begin(event)
      effects.append(
        .send(instance: listeners[index].instance, description.envelope(event)))
    }
  }

  /// An event that a listener did not get, for it has closed its stdin.
  mutating func takeBack(_ index: Int) {
    listeners[index].machine.eventWasNotSent()
    if let event = listeners[index].giveBack() { buffer.insert(event, at: 0) }
  }

  /// An event that is known already: it comes a second time, or back from a listener.
  mutating func insertAgain(
    _ event: PoolEvent, atHead: Bool, _ effects: inout [BrokerEffect]
  ) {
    effects.debug(
      "rebuffering event \(event.serial) for pool \(description.name) "
        + "(buf size=\(buffer.count), max=\(description.bufferSize))")
    insert(event, at: atHead ? 0 : buffer.count, &effects)
  }

  private mutating func insert(
    _ event: PoolEvent, at place: Int, _ effects: inout [BrokerEffect]
  ) {
    var place = place
    if buffer.count >= max(1, Int(description.bufferSize)) {
      let oldest = buffer.removeFirst()
      place = max(0, place - 1)
      effects.append(
        .sayLimited(
          .error,
          "pool \(description.name) event buffer overflowed, discarding event \(oldest.serial)"))
    }
    buffer.insert(event, at: place)
  }

  private mutating func listener(
    for event: PoolEvent, _ now: UInt64, _ effects: inout [BrokerEffect]
  ) -> Int? {
    for index in listeners.indices where listeners[index].isWaiting {
      if listeners[index].rests(at: now) { continue }
      guard listeners[index].isDeaf else { return index }
      guard listeners[index].deafFor != event.serial else { continue }
      listeners[index].deafFor = event.serial
      effects.debug(
        "epipe occurred while sending event \(event.serial) to listener "
          + "\(listeners[index].name), listener state unchanged")
    }
    return nil
  }
}
