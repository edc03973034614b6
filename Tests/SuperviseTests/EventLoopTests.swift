import Linux
import SuperviseCore
import Testing

@testable import Supervise

@Suite struct EventLoopTests {
  private let backend = FakeBackend()

  private func owner(iterations: Int, watching pipes: [Int32] = []) -> FakeOwner {
    var owner = FakeOwner(backend, iterations: iterations)
    for pipe in pipes { owner.watch(pipe, .pipe(pipe)) }
    return owner
  }

  @Test func eventsAreHandledInTheirOrder() {
    var owner = owner(iterations: 2, watching: [5, 6])
    backend.script = [.init(readable: [6, 5]), .init(readable: [5])]
    owner.runLoop()
    #expect(owner.log == ["stops", "pipe 6", "pipe 5", "pipe 5"])
  }

  @Test func anEventOfAWatchThatHasEndedIsDropped() {
    var owner = owner(iterations: 1, watching: [5, 6])
    owner.closes = [5: 6]
    backend.script = [.init(readable: [5, 6])]
    owner.runLoop()
    #expect(owner.log == ["stops", "pipe 5"])
    #expect(backend.registered[6] == nil)
  }

  /// The number of a descriptor and its place are used again at once, as after close and open.
  @Test func anEventForAnEarlierSourceOfThePlaceIsDropped() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    let old = try loop.watch(5, .pipe(5))
    loop.unwatch(5, old)
    let new = try loop.watch(5, .pipe(50))
    #expect(new.slot == old.slot)
    #expect(loop.source(of: old) == nil)
    #expect(loop.source(of: new) == .pipe(50))
    #expect(loop.source(of: Token(slot: 9, generation: 1)) == nil)
  }

  @Test func watchedSourcesAreFoundByWhatTheyMean() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    let first = try loop.watch(5, .pipe(5))
    try loop.watch(6, .pipe(6))
    #expect(loop.watched { $0 == .pipe(5) }.map(\.token) == [first])
    loop.unwatch(5, first)
    #expect(loop.watched { $0 == .pipe(5) }.isEmpty)
  }

  @Test func nothingMoreIsHandledOnceTheEndIsDecided() {
    var owner = owner(iterations: 9, watching: [5, 6])
    owner.last = 5
    owner.hasUnreaped = true
    backend.script = [.init(readable: [5, 6])]
    owner.runLoop()
    #expect(owner.log == ["stops", "pipe 5"])
  }

  @Test func anErrorOfThePollerCountsAsNoEvent() {
    var owner = owner(iterations: 2, watching: [5])
    backend.script = [.init(readable: [5], error: .noMemory), .init(readable: [5])]
    owner.runLoop()
    #expect(owner.log == ["stops", "pipe 5"])
  }

  // MARK: the timer

  @Test func theTimerIsSetOnlyWhenTheDeadlineHasMoved() {
    var owner = owner(iterations: 3)
    owner.nextDeadline = Instant(nanoseconds: 7)
    owner.runLoop()
    #expect(backend.timerSettings == [Instant(nanoseconds: 7)])
    #expect(backend.limits == [nil, nil, nil])
  }

  @Test func aTimerThatHasFiredIsSetAgain() {
    var owner = owner(iterations: 2)
    owner.watch(3, .timer)
    owner.nextDeadline = Instant(nanoseconds: 7)
    backend.script = [.init(readable: [3])]
    owner.runLoop()
    #expect(backend.drains == 1)
    #expect(backend.timerSettings.count == 2)
  }

  @Test func withoutADeadlineTheTimerIsNotTouched() {
    var owner = owner(iterations: 2)
    owner.runLoop()
    #expect(backend.timerSettings.isEmpty)
  }

  /// A deadline that is never looked at again would be a program that is never restarted.
  @Test func aTimerThatCannotBeSetIsTriedAgainSoon() {
    var owner = owner(iterations: 2)
    owner.nextDeadline = Instant(nanoseconds: 7)
    backend.timerRefusals = [.noMemory]
    owner.runLoop()
    #expect(backend.limits == [100, nil])
    #expect(backend.timerSettings == [Instant(nanoseconds: 7)])
  }

  // MARK: registrations

  @Test(arguments: [Errno.noMemory, .noSpace])
  func aRefusedRegistrationIsRepeated(_ refusal: Errno) {
    var owner = owner(iterations: 3)
    owner.watch(3, .timer)
    backend.refusals = [refusal]
    owner.watch(5, .pipe(5))
    #expect(backend.registered[5] == nil)
    backend.script = [
      .init(elapsed: .milliseconds(10), readable: [3]), .init(readable: [5]),
    ]
    owner.runLoop()
    #expect(owner.log.filter { $0 != "stops" } == ["timer", "pipe 5"])
    #expect(backend.timerSettings.first == Instant(nanoseconds: 1_010_000_000))
  }

  @Test func aChangeOfADeferredRegistrationIsNotForgotten() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    backend.refusals = [.noMemory]
    let token = try loop.watch(5, .pipe(5))
    loop.change(5, .writable, token)
    #expect(backend.registered[5] == nil)
    backend.now = backend.now.advanced(by: .seconds(1))
    loop.timerFired()
    #expect(backend.registered[5]?.interest == .writable)
  }

  @Test func aRefusedChangeIsRepeated() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    let token = try loop.watch(5, .pipe(5))
    backend.refusals = [.noMemory]
    loop.change(5, .writable, token)
    #expect(backend.registered[5]?.interest == .readable)
    backend.now = backend.now.advanced(by: .seconds(1))
    loop.timerFired()
    #expect(backend.registered[5]?.interest == .writable)
  }

  @Test func aDeferredRegistrationOfAWatchThatHasEndedIsNotMade() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    backend.refusals = [.noMemory]
    let token = try loop.watch(5, .pipe(5))
    loop.unwatch(5, token)
    backend.now = backend.now.advanced(by: .seconds(1))
    loop.timerFired()
    #expect(backend.registered[5] == nil)
  }

  @Test func aRegistrationThatNoRepetitionHelpsIsThrown() throws {
    var loop = EventLoop<FakeOwner.Source, FakeBackend>(backend)
    backend.refusals = [.notPermitted]
    #expect(throws: Errno.notPermitted) { try loop.watch(5, .pipe(5)) }
    #expect(loop.watched { _ in true }.isEmpty)
    // Its place is free.
    #expect(try loop.watch(6, .pipe(6)).slot == 0)
  }

  // MARK: budgets

  @Test func signalsOfAShutdownAreLookedForBetweenSlowEvents() {
    var owner = owner(iterations: 1, watching: [5, 6, 7])
    owner.cost = .milliseconds(3)
    backend.script = [.init(readable: [5, 6, 7])]
    owner.runLoop()
    // After 6 ms without a look.
    #expect(owner.log == ["stops", "pipe 5", "pipe 6", "stops", "pipe 7"])
  }

  @Test func aFullBatchBeginsWithSignalsOfAShutdown() {
    var owner = owner(iterations: 2, watching: [5, 6, 7, 8])
    backend.script = [.init(readable: [5]), .init(readable: [5, 6, 7, 8])]
    owner.runLoop()
    #expect(
      owner.log == ["stops", "pipe 5", "stops", "pipe 5", "pipe 6", "pipe 7", "pipe 8"])
  }

  @Test func unfinishedWorkIsNotSleptOn() {
    var owner = owner(iterations: 2)
    owner.hasUnreaped = true
    owner.runLoop()
    #expect(backend.limits == [0, nil])
    #expect(owner.log == ["stops", "reap"])
  }

  @Test func startsAreMadeASliceOfTimeAtATime() {
    var owner = owner(iterations: 2, watching: [5])
    for index in 0..<5 { owner.spawnQueue.append(InstanceID(index)) }
    owner.cost = .milliseconds(2)
    backend.script = [.init(readable: [5])]
    owner.runLoop()
    #expect(
      owner.log == [
        "start 0", "start 1", "start 2", "stops", "pipe 5", "start 3", "start 4",
      ])
    #expect(backend.limits == [0, nil])
  }
}
