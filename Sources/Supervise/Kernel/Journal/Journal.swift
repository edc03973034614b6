internal import Linux
internal import SuperviseCore

/// The first journal events and the last ones, kept for `timeline` and `events`.
struct Journal {
  /// Enough for the start of a thousand programs; older events are forgotten.
  static let capacity = 8192
  /// How the start went is never forgotten.
  static let kept = 2048

  private var first: [Record] = []
  private var later = FairRing<Record>(capacity: Journal.capacity - Journal.kept)
  let beganAt: Instant
  let wallTime: WallTime

  init(beganAt: Instant, wallTime: WallTime) {
    self.beganAt = beganAt
    self.wallTime = wallTime
  }

  mutating func append(_ record: Record) {
    guard first.count == Journal.kept else { return first.append(record) }
    later.append(record, of: Journal.holder(of: record))
  }

  /// Oldest first.
  var records: [Record] { first + later.elements }

  /// The supervisor and each process have a share each for changes of state and for all other
  /// events, so that failed health checks displace no start.
  private static func holder(of record: Record) -> Int {
    let owner = record.instance.map { $0.index + 1 } ?? 0
    guard case .moved = record.happening else { return 2 * owner + 1 }
    return 2 * owner
  }
}
