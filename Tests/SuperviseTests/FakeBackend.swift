import Linux
import SuperviseCore

@testable import Supervise

/// A poller, a timer and a clock that a test moves. Each wait takes the next step of the script.
final class FakeBackend: LoopBackend {
  struct Step {
    /// How much later it is when the wait returns.
    var elapsed = Duration.zero
    /// Descriptors that are readable then.
    var readable: [Int32] = []
    /// The wait fails with this error instead.
    var error: Errno?
  }

  static let batch = 4

  var now = Instant(nanoseconds: 1_000_000_000)
  var script: [Step] = []
  /// Refusals of the next registrations and changes, first in, first out; nil: accepted.
  var refusals: [Errno?] = []
  /// The same of settings of the timer.
  var timerRefusals: [Errno?] = []
  private(set) var registered: [Int32: (interest: Interest, token: Token)] = [:]
  private(set) var timerSettings: [Instant?] = []
  private(set) var limits: [Int32?] = []
  private(set) var drains = 0
  private var found: [Poller.Event] = []

  func add(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    try refuse(&refusals)
    registered[descriptor] = (interest, token)
  }

  func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    try refuse(&refusals)
    registered[descriptor] = (interest, token)
  }

  func remove(_ descriptor: Int32) { registered[descriptor] = nil }

  func arm(at instant: Instant?) throws(Errno) {
    try refuse(&timerRefusals)
    timerSettings.append(instant)
  }

  func drainTimer() { drains += 1 }

  private func refuse(_ list: inout [Errno?]) throws(Errno) {
    guard !list.isEmpty, let error = list.removeFirst() else { return }
    throw error
  }

  /// A descriptor that is not registered is not reported.
  func wait(milliseconds: Int32?) throws(Errno) -> Int {
    limits.append(milliseconds)
    found = []
    guard !script.isEmpty else { return 0 }
    let step = script.removeFirst()
    now = now.advanced(by: step.elapsed)
    if let error = step.error { throw error }
    for descriptor in step.readable {
      guard let entry = registered[descriptor] else { continue }
      found.append(Poller.Event(token: entry.token, interest: .readable))
    }
    return found.count
  }

  func event(_ index: Int) -> Poller.Event { found[index] }
}

/// What a loop runs in these tests: it notes what it is told, and does what the test says.
struct FakeOwner: ~Copyable, LoopOwner {
  enum Source: Equatable { case stops, timer, pipe(Int32) }

  var loop: EventLoop<Source, FakeBackend>
  var spawnQueue = SpawnQueue()
  var isOver = false
  var hasUnreaped = false
  var nextDeadline: Instant?
  private(set) var log: [String] = []
  /// The iterations that are left.
  var iterations: Int
  /// How long each start and each event of a pipe takes.
  var cost = Duration.zero
  /// A pipe whose event ends the watch of the other one.
  var closes: [Int32: Int32] = [:]
  /// A pipe whose event ends everything.
  var last: Int32?
  var tokens: [Int32: Token] = [:]

  init(_ backend: FakeBackend, iterations: Int) {
    loop = EventLoop(backend)
    self.iterations = iterations
  }

  mutating func watch(_ descriptor: Int32, _ source: Source) {
    tokens[descriptor] = try? loop.watch(descriptor, source)
  }

  mutating func launch(_ instance: InstanceID, isLookedUp: Bool) {
    log.append("start \(instance.index)\(isLookedUp ? " looked up" : "")")
    loop.backend.now = loop.now.advanced(by: cost)
  }

  mutating func finishIteration() {
    iterations -= 1
    if iterations < 0 { isOver = true }
  }

  mutating func takeStopSignals() { log.append("stops") }

  mutating func reapChildren() {
    log.append("reap")
    hasUnreaped = false
  }

  mutating func handle(_ source: Source, _ event: Poller.Event) {
    switch source {
    case .stops: lookForStopSignals(force: true)
    case .timer:
      loop.timerFired()
      log.append("timer")
    case .pipe(let number):
      log.append("pipe \(number)")
      loop.backend.now = loop.now.advanced(by: cost)
      if let other = closes[number], let token = tokens[other] { loop.unwatch(other, token) }
      if number == last { isOver = true }
    }
  }
}
