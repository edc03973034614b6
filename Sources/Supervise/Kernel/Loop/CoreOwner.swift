package import SuperviseCore

/// Events that wait for the core, and room for the effects of one of them.
package struct EventQueue {
  fileprivate var pending: [Event] = []
  fileprivate var effects: [Effect] = []

  package init() {}

  /// An event that an effect has brought about. It is handled after all effects of the event
  /// before.
  package mutating func append(_ event: Event) { pending.append(event) }
}

/// What feeds the core with events and performs its effects, both in order: PID 1, and the
/// simulated machine of the tests.
package protocol CoreOwner: ~Copyable {
  var events: EventQueue { get set }

  /// Hands one event to the core.
  mutating func decide(_ event: Event, into effects: inout [Effect])
  mutating func perform(_ effect: Effect)
}

extension CoreOwner where Self: ~Copyable {
  /// Handles an event with everything that follows from it; from within an effect: after it.
  package mutating func deliver(_ event: Event) {
    events.pending.append(event)
    if events.pending.count == 1 { workOff() }
  }

  /// Performs the effects of a decision that no event stands for, then what follows from them.
  /// Called between two events, never from within one.
  package mutating func perform(effectsOf decision: (inout Self, inout [Effect]) -> Void) {
    var effects: [Effect] = []
    decision(&self, &effects)
    for effect in effects { perform(effect) }
    workOff()
  }

  private mutating func workOff() {
    var effects: [Effect] = []
    swap(&effects, &events.effects)
    var next = 0
    while next < events.pending.count {
      effects.removeAll(keepingCapacity: true)
      decide(events.pending[next], into: &effects)
      for effect in effects { perform(effect) }
      next += 1
    }
    events.pending.removeAll(keepingCapacity: true)
    swap(&effects, &events.effects)
  }
}
