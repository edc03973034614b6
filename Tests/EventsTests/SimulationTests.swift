import EventsProtocol
import Support
import Testing

@testable import Events

/// Pools with listeners of every temper, in seeded weather.
@Suite struct PoolSimulationTests {
  @Test func noEventIsLostButByOverflowAndNoneComesOutOfOrder() {
    for seed in 0..<500 as Range<UInt64> {
      var world = World(seed: seed)
      for _ in 0..<300 where world.mistakes.isEmpty { world.step() }
      world.settle()
      #expect(world.mistakes.isEmpty, "seed \(seed): \(world.mistakes)")
    }
  }
}

/// A listener that the weather plays, and what the oracle knows of it.
private struct Actor {
  let pool: Int
  var state = ListenerState.acknowledged
  /// What it was sent and has not answered.
  var event: Int64?
  /// What it has begun to say.
  var saying = ""
  var rest: [UInt8] = []
  var isRunning = true
  var isDeaf = false
  var rejectedAt: UInt64?
}

/// What a pool must still have, by serial.
private struct Expectation {
  var size: Int
  var waiting: [Int64] = []
  var poolSerials: [Int64: Int64] = [:]
}

private struct World {
  private var random: SplitMix64
  private var broker = EventBroker()
  private var now: UInt64 = 0
  private var pools: [Expectation] = []
  private var actors: [UInt32: Actor] = [:]
  private var nextInstance: UInt32 = 0
  private var nextSerial: Int64 = 0
  private(set) var mistakes: [String] = []

  private let subscriptions: [[EventType]] = [
    [.event], [.processState, .processExited], [.tick, .processFatal],
  ]

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    for index in 0...chance(2) {
      var description = PoolDescription(
        name: "\(index)", server: "s", events: subscriptions[index])
      description.bufferSize = UInt32(1 + chance(5))
      pools.append(Expectation(size: Int(description.bufferSize)))
      tell(.poolAdded(description))
      for _ in 0..<chance(3) { start(index) }
    }
  }

  private mutating func chance(_ most: Int) -> Int { Int(random.next() % UInt64(most + 1)) }

  mutating func step() {
    now += UInt64(chance(200_000_000))
    switch chance(9) {
    case 0...2: happen()
    case 3: start(chance(pools.count - 1))
    case 4: if let instance = anybody() { end(instance) }
    case 5: tell(.deadlinePassed)
    case 6: if let instance = anybody() { changeRunning(instance) }
    case 7: if let instance = anybody() { misbehave(instance) }
    default: if let instance = anybody() { speak(instance) }
    }
  }

  /// The weather is over: to listeners that do as they should everything is delivered.
  mutating func settle() {
    for instance in actors.keys.sorted() { end(instance) }
    for pool in pools.indices { start(pool) }
    for _ in 0..<40 {
      for instance in actors.keys.sorted() {
        let answer = actors[instance]?.state == .busy ? "RESULT 2\nOK" : "READY\n"
        if actors[instance]?.state != .ready { say(instance, answer) }
      }
    }
    for (index, pool) in pools.enumerated() where !pool.waiting.isEmpty {
      mistakes.append("pool \(index) never delivered \(pool.waiting)")
    }
  }

  private mutating func happen() {
    let types: [EventType] = [.processExited, .processFatal, .tick5, .remoteCommunication]
    let type = types[chance(3)]
    var isWanted = false
    for pool in pools.indices {
      let names = subscriptions[pool].filter { type.isKind(of: $0) }
      guard !names.isEmpty else { continue }
      isWanted = true
      pools[pool].poolSerials[nextSerial] = Int64(pools[pool].poolSerials.count)
      for _ in names { put(nextSerial, pool, atHead: false) }
    }
    if isWanted { nextSerial += 1 }
    tell(.happened(type, payload: []))
  }

  private mutating func put(_ serial: Int64, _ pool: Int, atHead: Bool) {
    if pools[pool].waiting.count == pools[pool].size { pools[pool].waiting.removeFirst() }
    pools[pool].waiting.insert(serial, at: atHead ? 0 : pools[pool].waiting.count)
  }

  private mutating func start(_ pool: Int) {
    let instance = nextInstance
    nextInstance += 1
    actors[instance] = Actor(pool: pool)
    var description = ListenerDescription(pool: "\(pool)", instance: instance, name: "x")
    description.isRunning = true
    tell(.listenerStarted(description))
  }

  private mutating func end(_ instance: UInt32) {
    giveBack(instance)
    actors[instance] = nil
    tell(.listenerEnded(instance: instance))
  }

  private mutating func giveBack(_ instance: UInt32) {
    guard let actor = actors[instance], let event = actor.event else { return }
    actors[instance]?.event = nil
    put(event, actor.pool, atHead: true)
  }

  private mutating func changeRunning(_ instance: UInt32) {
    let isRunning = actors[instance]?.isRunning != true
    actors[instance]?.isRunning = isRunning
    tell(.listenerRunning(instance: instance, isRunning))
  }

  private mutating func anybody() -> UInt32? {
    let instances = actors.keys.sorted()
    return instances.isEmpty ? nil : instances[chance(instances.count - 1)]
  }

  private mutating func misbehave(_ instance: UInt32) {
    if chance(1) == 0 {
      // Before it is sent anything, so that the broker learns of it by the next envelope.
      if actors[instance]?.event == nil { actors[instance]?.isDeaf = true }
    } else if actors[instance]?.rest.isEmpty == true {
      say(instance, "garbage\n")
    }
  }

  /// The next thing the protocol wants to hear: the first part of it, or what is left.
  private mutating func speak(_ instance: UInt32) {
    guard let actor = actors[instance] else { return }
    if !actor.rest.isEmpty { return say(instance, actor.saying) }
    switch actor.state {
    case .acknowledged: begin(instance, "READY\n")
    case .busy: begin(instance, chance(2) == 0 ? "RESULT 4\nFAIL" : "RESULT 2\nOK")
    case .ready, .unknown: break
    }
  }

  private mutating func begin(_ instance: UInt32, _ text: String) {
    let bytes = Array(text.utf8)
    let cut = chance(bytes.count)
    guard cut < bytes.count else { return say(instance, text) }
    actors[instance]?.saying = text
    actors[instance]?.rest = Array(bytes[cut...])
    tell(.listenerWrote(instance: instance, bytes[..<cut]))
  }

  /// Says the whole of it, or the rest of what was begun; first to the oracle.
  private mutating func say(_ instance: UInt32, _ text: String) {
    guard let actor = actors[instance] else { return }
    let bytes = actor.rest.isEmpty ? Array(text.utf8) : actor.rest
    actors[instance]?.rest = []
    switch (actor.state, text) {
    case (.unknown, _): break
    case (.acknowledged, "READY\n"): actors[instance]?.state = .ready
    case (.busy, "RESULT 2\nOK"):
      actors[instance]?.event = nil
      actors[instance]?.state = .acknowledged
    case (.busy, "RESULT 4\nFAIL"):
      giveBack(instance)
      actors[instance]?.state = .acknowledged
      actors[instance]?.rejectedAt = now
    default:
      giveBack(instance)
      actors[instance]?.state = .unknown
    }
    tell(.listenerWrote(instance: instance, bytes[...]))
  }

  private mutating func tell(_ event: BrokerEvent) {
    var effects: [BrokerEffect] = []
    broker.on(event, at: now, into: &effects)
    while !effects.isEmpty {
      guard case .send(let instance, let envelope) = effects.removeFirst() else { continue }
      broker.on(sent(instance, envelope), at: now, into: &effects)
    }
    for instance in actors.keys.sorted() { check(instance) }
  }

  /// What the oracle has to say to an envelope, and how the listener takes it.
  private mutating func sent(_ instance: UInt32, _ envelope: [UInt8]) -> BrokerEvent {
    guard let actor = actors[instance] else {
      mistakes.append("sent to nobody")
      return .listenerDeaf(instance: instance)
    }
    let pool = pools[actor.pool]
    if actor.state != .ready || !actor.isRunning { mistakes.append("sent to one not ready") }
    guard let serial = pool.waiting.first, let poolSerial = pool.poolSerials[serial] else {
      mistakes.append("sent what is not there")
      return .listenerDeaf(instance: instance)
    }
    let expected = " serial:\(serial) pool:\(actor.pool) poolserial:\(poolSerial) "
    if !contains(envelope, expected) { mistakes.append("sent another than\(expected)") }
    if actor.isDeaf { return .listenerDeaf(instance: instance) }
    pools[actor.pool].waiting.removeFirst()
    actors[instance]?.event = serial
    actors[instance]?.state = .busy
    return .listenerReceived(instance: instance)
  }

  /// Nothing waits while somebody is ready for it; and the broker knows who is.
  private mutating func check(_ instance: UInt32) {
    guard let actor = actors[instance] else { return }
    if broker.state(of: instance) != actor.state {
      mistakes.append("\(instance) is \(actor.state)")
    }
    let mayRest = actor.rejectedAt.map { now < $0 + Listener.longestRest } ?? false
    guard actor.state == .ready, actor.isRunning, !actor.isDeaf, !mayRest else { return }
    if !pools[actor.pool].waiting.isEmpty { mistakes.append("\(instance) waits for nothing") }
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return bytes.indices.contains { bytes[$0...].starts(with: text) }
  }
}
