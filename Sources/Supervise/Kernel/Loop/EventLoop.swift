package import Linux
package import SuperviseCore

/// What a loop waits for: registered descriptors, each with its source, and one timer.
///
/// `Source` says what a descriptor is about. A source's place in the table may be used again, so
/// each has a generation: an event that was already on its way for an earlier source is dropped.
package struct EventLoop<Source: Equatable, Backend: LoopBackend>: ~Copyable {
  /// Where the timer cannot be set, the loop waits at most this long, in milliseconds, and then
  /// tries again.
  private static var waitWithoutTimer: Int32 { 100 }

  private struct Slot {
    /// nil: vacant.
    var source: Source?
    var generation: UInt32 = 0
  }

  package let backend: Backend
  private var slots: [Slot] = []
  private var vacancies: [Int] = []
  private var registrations = DeferredRegistrations()
  /// The deadline that the timer is set to.
  private var armed: Instant?
  /// When the loop last looked for signals that begin a shutdown.
  fileprivate var lookedForStopsAt = Instant.zero

  package init(_ backend: Backend) { self.backend = backend }

  package var now: Instant { backend.now }

  /// Watches a descriptor until it is readable, now or as soon as the kernel has memory for it.
  /// Throws what a repetition does not change.
  @discardableResult
  package mutating func watch(_ descriptor: Int32, _ source: Source) throws(Errno) -> Token {
    let slot = vacancies.popLast() ?? slots.count
    if slot == slots.count { slots.append(Slot()) }
    slots[slot].source = source
    slots[slot].generation &+= 1
    let token = Token(slot: UInt32(slot), generation: slots[slot].generation)
    do throws(Errno) {
      try registrations.add(descriptor, token, to: backend, at: now)
    } catch {
      forget(token)
      throw error
    }
    return token
  }

  /// What the descriptor is watched for from now on.
  package mutating func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) {
    registrations.change(descriptor, interest, token, in: backend, at: now)
  }

  /// Ends the watch, before the descriptor is closed. Events of it that are already on their way
  /// are dropped.
  package mutating func unwatch(_ descriptor: Int32, _ token: Token) {
    backend.remove(descriptor)
    forget(token)
  }

  private mutating func forget(_ token: Token) {
    registrations.forget(token)
    let slot = Int(token.slot)
    slots[slot].source = nil
    slots[slot].generation &+= 1
    vacancies.append(slot)
  }

  /// nil for a token whose watch has ended.
  package func source(of token: Token) -> Source? {
    let slot = Int(token.slot)
    guard slot < slots.count, slots[slot].generation == token.generation else { return nil }
    return slots[slot].source
  }

  /// The watched sources for which `isMeant` is true, in no particular order.
  package func watched(
    where isMeant: (Source) -> Bool
  ) -> [(source: Source, token: Token)] {
    var found: [(source: Source, token: Token)] = []
    for (index, slot) in slots.enumerated() {
      guard let source = slot.source, isMeant(source) else { continue }
      found.append((source, Token(slot: UInt32(index), generation: slot.generation)))
    }
    return found
  }

  /// The timer has fired: repeats registrations that are due.
  package mutating func timerFired() {
    backend.drainTimer()
    armed = nil
    registrations.repeatDue(in: backend, at: now)
  }

  /// Waits for events until `deadline`, and not at all if there is work left. Returns the number of
  /// events. An error of the poller counts as none: PID 1 logs nothing here, since it would do so
  /// in each iteration.
  fileprivate mutating func wait(until deadline: Instant?, hasWork: Bool) -> Int {
    let limit = arm(at: [deadline, registrations.dueAt].compactMap { $0 }.min())
    return (try? backend.wait(milliseconds: hasWork ? 0 : limit)) ?? 0
  }

  /// Touches the timer only when the deadline has moved. Returns the limit of the next wait in
  /// milliseconds where the timer cannot be set.
  private mutating func arm(at deadline: Instant?) -> Int32? {
    guard deadline != armed else { return nil }
    do throws(Errno) { try backend.arm(at: deadline) } catch {
      return EventLoop.waitWithoutTimer
    }
    armed = deadline
    return nil
  }
}

/// What an event loop runs: PID 1, and the simulated machine of the tests.
///
/// One iteration works off what waits, sleeps until the next deadline or event, and handles a
/// bounded batch of events. Signals that begin a shutdown go before everything else, and are looked
/// for again between two events whenever the events before took long.
package protocol LoopOwner: ~Copyable {
  associatedtype Source: Equatable
  associatedtype Backend: LoopBackend

  var loop: EventLoop<Source, Backend> { get set }
  /// Starts that the core has requested.
  var spawnQueue: SpawnQueue { get set }
  /// The end has been decided: nothing more is handled.
  var isOver: Bool { get }
  /// Children have ended that the last iteration did not get to.
  var hasUnreaped: Bool { get }
  /// The next time at which something is due; nil: never.
  var nextDeadline: Instant? { get }

  /// Performs a start; `isLookedUp` where its command and user have just been looked up.
  mutating func launch(_ instance: InstanceID, isLookedUp: Bool)
  /// What is done once in each iteration, after the starts.
  mutating func finishIteration()
  mutating func takeStopSignals()
  mutating func reapChildren()
  mutating func handle(_ source: Source, _ event: Poller.Event)
}

extension LoopOwner where Self: ~Copyable {
  /// Longer than this no event keeps PID 1 from looking for a shutdown.
  private static var maxTimeWithoutLook: Duration { .milliseconds(5) }

  /// Runs until `isOver`.
  package mutating func runLoop() {
    while true {
      launchQueued()
      finishIteration()
      if isOver { return }
      let count = loop.wait(until: nextDeadline, hasWork: hasUnfinishedWork)
      handleEvents(count)
      if hasUnreaped, !isOver { reapChildren() }
    }
  }

  /// The budget of an iteration left something over, so the next wait returns immediately.
  private var hasUnfinishedWork: Bool { !spawnQueue.isEmpty || hasUnreaped }

  /// Performs the spawns that the core has requested, a slice of time at a time.
  private mutating func launchQueued() {
    guard !spawnQueue.isEmpty else { return }
    let end = loop.now.advanced(by: SpawnQueue.slice)
    repeat {
      guard !isOver, let (id, isLookedUp) = spawnQueue.next() else { break }
      launch(id, isLookedUp: isLookedUp)
    } while loop.now < end
  }

  private mutating func handleEvents(_ count: Int) {
    if count == Backend.batch || hasUnfinishedWork { lookForStopSignals(force: true) }
    for index in 0..<count where !isOver {
      lookForStopSignals()
      let event = loop.backend.event(index)
      if let source = loop.source(of: event.token) { handle(source, event) }
    }
  }

  /// Between two events, if the events so far took long: PID 1 must not begin with what waited
  /// behind a shutdown.
  package mutating func lookForStopSignals(force: Bool = false) {
    let elapsed = loop.now.elapsed(since: loop.lookedForStopsAt)
    guard force || elapsed > Self.maxTimeWithoutLook else { return }
    loop.lookedForStopsAt = loop.now
    takeStopSignals()
  }
}
