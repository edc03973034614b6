internal import Linux
internal import SuperviseCore

/// The first happenings and the last ones, kept for `timeline` and `events`.
struct Journal {
  /// Enough for the start of a thousand programs; older happenings are forgotten.
  static let capacity = 8192
  /// How the start went is never forgotten, though a cron may fill all the rest in a day.
  static let kept = 2048

  private var ring: [Record] = []
  /// Of the part that is written anew.
  private var oldest = Journal.kept
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
    ring[oldest] = record
    oldest = oldest + 1 == Journal.capacity ? Journal.kept : oldest + 1
  }

  /// Oldest first.
  var records: [Record] {
    guard ring.count == Journal.capacity else { return ring }
    return Array(ring[..<Journal.kept] + ring[oldest...] + ring[Journal.kept..<oldest])
  }
}
