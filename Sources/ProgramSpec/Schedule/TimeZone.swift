/// What the clocks of a place show: offsets from UTC, and the moments at which they change.
package struct TimeZone: Sendable, Equatable {
  package struct Transition: Sendable, Equatable {
    /// Seconds since 1970, UTC.
    package var at: Int64
    /// In force from then on, in seconds east of Greenwich.
    package var offset: Int64

    package init(at: Int64, offset: Int64) {
      self.at = at
      self.offset = offset
    }
  }

  /// A time in which the offset stays the same.
  package struct Span: Sendable, Equatable {
    /// `Int64.min`: it has no beginning.
    package var start = Int64.min
    /// Not part of it. `Int64.max`: it has no end.
    package var end = Int64.max
    package var offset: Int64
    /// What was in force before it began.
    package var previousOffset: Int64?
  }

  package var name: String
  package private(set) var initialOffset: Int64
  /// In order; each changes the offset.
  package private(set) var transitions: [Transition]
  /// For the time after the last transition.
  package private(set) var rule: ZoneRule?

  package static let utc = TimeZone(name: "UTC", initialOffset: 0)

  /// `transitions` in order of time; those that change nothing are left out.
  package init(
    name: String, initialOffset: Int64, transitions: [Transition] = [], rule: ZoneRule? = nil
  ) {
    self.name = name
    self.initialOffset = initialOffset
    self.rule = rule
    self.transitions = TimeZone.changes(among: transitions, from: initialOffset)
  }

  /// A place of which nothing but the rule is known.
  package init(name: String, rule: ZoneRule) {
    self.init(name: name, initialOffset: rule.initialOffset, rule: rule)
  }

  /// Seconds east of Greenwich.
  package func offset(at time: Int64) -> Int64 { span(at: time).offset }

  package func span(at time: Int64) -> Span {
    guard let rule, transitions.last.map({ $0.at <= time }) ?? true else {
      return TimeZone.span(at: time, in: transitions, from: initialOffset)
    }
    // The last one of the list, and what the rule says of the years around.
    let last = transitions.last?.at ?? Int64.min
    let previous = transitions.dropLast().last?.offset ?? initialOffset
    let ruled = rule.transitions(around: time).filter { $0.at > last }
    let near = TimeZone.changes(among: transitions.suffix(1) + ruled, from: previous)
    return TimeZone.span(at: time, in: near, from: previous)
  }

  private static func changes(
    among transitions: some Sequence<Transition>, from initial: Int64
  ) -> [Transition] {
    var changes: [Transition] = []
    for transition in transitions where transition.offset != changes.last?.offset ?? initial {
      changes.append(transition)
    }
    return changes
  }

  private static func span(
    at time: Int64, in transitions: [Transition], from initial: Int64
  ) -> Span {
    let next = count(of: transitions, until: time)
    var span = Span(offset: initial)
    if next > 0 {
      span.start = transitions[next - 1].at
      span.offset = transitions[next - 1].offset
      span.previousOffset = next > 1 ? transitions[next - 2].offset : initial
    }
    if next < transitions.count { span.end = transitions[next].at }
    return span
  }

  /// How many come at or before `time`.
  private static func count(of transitions: [Transition], until time: Int64) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
