import EventsProtocol

@testable import Events

/// A broker, and what it has sent and said.
struct Bench {
  var broker: EventBroker
  var now: UInt64 = 0
  var sent: [(instance: UInt32, envelope: String)] = []
  var said: [String] = []
  var shown: [String] = []

  init(serial: Int64 = 0) { broker = EventBroker(serial: Serial(next: serial)) }

  mutating func on(_ event: BrokerEvent, deaf: Set<UInt32> = []) {
    var effects: [BrokerEffect] = []
    broker.on(event, at: now, into: &effects)
    while !effects.isEmpty {
      switch effects.removeFirst() {
      case .say(let level, let text), .sayLimited(let level, let text):
        said.append("\(level.rawValue) \(text)")
      case .show(let printed, let isMarked):
        let text = String(decoding: printed.name + printed.output, as: UTF8.self)
        shown.append((isMarked ? "marked: " : "") + text)
      case .send(let instance, let envelope):
        if !deaf.contains(instance) {
          sent.append((instance, String(decoding: envelope, as: UTF8.self)))
        }
        let answer: BrokerEvent =
          deaf.contains(instance)
          ? .listenerDeaf(instance: instance) : .listenerReceived(instance: instance)
        broker.on(answer, at: now, into: &effects)
      }
    }
  }

  mutating func pool(_ name: String, _ events: [EventType], size: UInt32 = 10) {
    var description = PoolDescription(name: name, server: "srv", events: events)
    description.bufferSize = size
    on(.poolAdded(description))
  }

  mutating func listener(
    _ pool: String, _ instance: UInt32, _ state: ListenerState = .ready, isRunning: Bool = true
  ) {
    var description = ListenerDescription(pool: pool, instance: instance, name: "l\(instance)")
    description.state = state
    description.isRunning = isRunning
    on(.listenerStarted(description))
  }

  mutating func write(_ instance: UInt32, _ text: String) {
    on(.listenerWrote(instance: instance, Array(text.utf8)[...]))
  }

  mutating func happen(_ type: EventType = .processRunning, _ payload: String = "p") {
    on(.happened(type, payload: Array(payload.utf8)))
  }

  /// `instance:serial/poolserial` of all that was sent.
  var numbers: [String] {
    sent.map { instance, envelope in
      let words = envelope.split { $0 == " " || $0 == "\n" }
      let values = words.filter { $0.hasPrefix("serial:") || $0.hasPrefix("poolserial:") }
        .map { $0.split(separator: ":")[1] }
      return "\(instance):\(values.joined(separator: "/"))"
    }
  }
}
