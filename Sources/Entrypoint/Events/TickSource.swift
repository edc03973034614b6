internal import EventsProtocol

/// TICK_5, TICK_60 and TICK_3600: one whenever its time slice of the wall clock rolls over, and
/// only while somebody wants it.
struct TickSource {
  private static let kinds: [(type: EventType, period: Int64)] = [
    (.tick5, 5), (.tick60, 60), (.tick3600, 3600),
  ]
  /// So that a wall clock that is set is noticed soon enough.
  private static let longestWait: Int64 = 60_000

  /// The slice each is in, as its beginning; nil while nobody wants it.
  private var slices: [Int64?] = [nil, nil, nil]

  /// Those that are due, with what they say. The first call only learns the time.
  mutating func due(
    at seconds: Int64, _ isWanted: (EventType) -> Bool
  ) -> [(type: EventType, payload: [UInt8])] {
    var due: [(type: EventType, payload: [UInt8])] = []
    for (index, kind) in TickSource.kinds.enumerated() {
      guard isWanted(kind.type) else {
        slices[index] = nil
        continue
      }
      let slice = seconds - seconds % kind.period
      if let last = slices[index], last != slice {
        due.append((kind.type, EventPayload.tick(when: slice)))
      }
      slices[index] = slice
    }
    return due
  }

  /// Until the next can be due; nil while nobody wants one.
  func milliseconds(after seconds: Int64, _ milliseconds: Int64) -> Int64? {
    zip(TickSource.kinds, slices).compactMap { kind, slice in
      guard slice != nil else { return nil }
      let wait = (kind.period - seconds % kind.period) * 1000 - milliseconds
      return min(wait, TickSource.longestWait)
    }.min()
  }
}
