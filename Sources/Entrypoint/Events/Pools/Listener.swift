internal import EventsProtocol

/// One process of a pool, as the pool sees it.
struct Listener {
  /// In nanoseconds. supervisord sends a rejected event again at once, some hundred times a second.
  static let firstRest: UInt64 = 100_000_000
  static let longestRest: UInt64 = 10_000_000_000

  let instance: UInt32
  let name: String
  var machine: ListenerMachine
  var isRunning: Bool
  /// What it is busy with; nil too when an earlier life of ours sent it.
  private(set) var event: PoolEvent?
  /// The event has been written to its stdin.
  private(set) var hasEvent = false
  /// It has closed its stdin.
  var isDeaf = false
  /// The last event it was found deaf for: said once for each.
  var deafFor: Int64?
  private var rejections: UInt64 = 0
  /// After a rejection it is sent nothing until then.
  private(set) var restsUntil: UInt64?

  init(_ description: ListenerDescription, _ handler: ResultHandler) {
    instance = description.instance
    name = description.name
    machine = ListenerMachine(description.state, keeping: handler.mostKept)
    isRunning = description.isRunning
  }

  /// Whether it waits for an event that it can be sent some time.
  var isWaiting: Bool { isRunning && machine.state == .ready }

  func rests(at now: UInt64) -> Bool { restsUntil.map { now < $0 } ?? false }

  mutating func begin(_ event: PoolEvent) {
    self.event = event
    hasEvent = false
    machine.eventWasSent()
  }

  mutating func received() { hasEvent = true }

  /// The event, to be given to another; from now on it has none.
  mutating func giveBack() -> PoolEvent? {
    defer { event = nil }
    return event
  }

  mutating func processed() {
    event = nil
    rejections = 0
    restsUntil = nil
  }

  mutating func rejected(at now: UInt64) {
    let rest = Listener.firstRest << min(rejections, 7)
    restsUntil = now &+ min(rest, Listener.longestRest)
    rejections &+= 1
  }
}
