import ProgramSpec
import SuperviseCore
import Testing

@testable import Supervise

/// The order of events and effects: all effects of one event, then the events that they have
/// brought about, first in, first out.
@Suite struct CoreOwnerTests {
  /// Each event has the effects that the test says; an effect may bring about an event.
  struct FakeCore: CoreOwner {
    var events = EventQueue()
    var log: [String] = []
    /// By the number of the asked request.
    var effects: [UInt64: [Effect]] = [:]
    /// By the exit code of a `finish`.
    var consequences: [Int32: UInt64] = [:]
    /// The consequence is delivered, as by a component that does not know where it is called.
    var delivers = false

    mutating func decide(_ event: Event, into effects: inout [Effect]) {
      guard case .hungUp(let ask) = event else { return }
      log.append("event \(ask.number)")
      effects += self.effects[ask.number] ?? []
    }

    mutating func perform(_ effect: Effect) {
      guard case .finish(let code) = effect else { return }
      log.append("effect \(code)")
      guard let next = consequences[code] else { return }
      let event = Event.hungUp(AskID(next))
      delivers ? deliver(event) : events.append(event)
    }
  }

  @Test(arguments: [false, true]) func effectsGoBeforeWhatFollowsFromThem(_ delivers: Bool) {
    var core = FakeCore()
    core.delivers = delivers
    core.effects = [1: [.finish(10), .finish(11)], 2: [.finish(20)]]
    core.consequences = [10: 2, 11: 3]
    core.deliver(.hungUp(AskID(1)))
    #expect(
      core.log == ["event 1", "effect 10", "effect 11", "event 2", "effect 20", "event 3"])
  }

  @Test func nothingIsLeftForTheNextEvent() {
    var core = FakeCore()
    core.effects = [1: [.finish(10)]]
    core.deliver(.hungUp(AskID(1)))
    core.deliver(.hungUp(AskID(4)))
    #expect(core.log == ["event 1", "effect 10", "event 4"])
  }

  @Test func effectsOfAChangeGoBeforeWhatFollowsFromThem() {
    var core = FakeCore()
    core.consequences = [10: 2]
    core.perform { core, effects in
      core.log.append("change")
      effects = [.finish(10), .finish(11)]
    }
    #expect(core.log == ["change", "effect 10", "effect 11", "event 2"])
  }
}
