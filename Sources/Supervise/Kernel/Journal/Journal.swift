internal import Linux
internal import SuperviseCore

/// The last happenings, kept for `timeline` and `events`, and numbered without a gap.
struct Journal {
  /// Enough for the start of a thousand programs; older happenings are forgotten.
  static let capacity = 8192

  private var ring: [Record] = []
  private var first = 0
  /// How many there have been in all.
  private(set) var count = 0
  let beganAt: Instant
  let wallTime: WallTime

  init(beganAt: Instant, wallTime: WallTime) {
    self.beganAt = beganAt
    self.wallTime = wallTime
  }

  mutating func append(_ record: Record) {
    count += 1
    guard ring.count == Journal.capacity else { return ring.append(record) }
    ring[first] = record
    first = (first + 1) % Journal.capacity
  }

  /// Oldest first.
  var records: [Record] { Array(ring[first...] + ring[..<first]) }
}
