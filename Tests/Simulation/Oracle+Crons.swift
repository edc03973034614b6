import ProgramSpec
import SuperviseCore

/// What has been seen of crons.
struct CronWitness {
  struct Runs {
    /// It was not there before.
    var since = Instant.zero
    var seen = 0
    var last: Int64?
  }

  var clock = WallClock(offset: 0)
  /// The latest second that it has shown.
  var latest: Int64 = 0
  /// Since the start was complete: then nothing is counted.
  var wasSet = false
  /// By hand, which makes runs that no schedule knows, and ends others.
  var wasAsked = false
  var completedAt: Instant?
  /// By node.
  var runs: [Int: Runs] = [:]
}

/// Crons run from the end of the start to the beginning of the shutdown, each time that is meant
/// once, and none is lost.
extension Oracle {
  mutating func clockSet(_ clock: WallClock, at now: Instant) {
    // Whoever has set it by three hours or more, be it little by little, means another time.
    let limit: Int64 = 3 * 3600
    let (old, new) = (crons.clock.seconds(at: now), clock.seconds(at: now))
    crons.latest = max(crons.latest, old)
    if new - old >= limit || crons.latest - new >= limit {
      crons.latest = new
      crons.runs = crons.runs.mapValues { .init(since: $0.since, seen: $0.seen) }
    }
    if crons.completedAt != nil { crons.wasSet = true }
    crons.clock = clock
  }

  mutating func witness(_ record: Record) {
    switch (record.instance, record.happening) {
    case (_, .startCompleted), (_, .startStalled):
      crons.completedAt = crons.completedAt ?? record.at
    case (_, .shutdownBegan): count(until: record.at)
    case (.some(let id), .cron(.fired(let scheduled))): fired(id, scheduled, at: record.at)
    case (.some(let id), .cron(.skipped)): seen(id)
    case (_, _): break
    }
  }

  private mutating func seen(_ id: InstanceID) {
    crons.runs[plan.members[id.index].node.index, default: .init()].seen += 1
  }

  private mutating func fired(_ id: InstanceID, _ scheduled: Int64?, at now: Instant) {
    seen(id)
    if isShuttingDown { complain(id, "run during shutdown") }
    guard let scheduled, case .cron(let rules) = plan.node(of: id).rules,
      case .calendar(let calendar, _) = rules.schedule
    else { return }
    if crons.completedAt == nil { complain(id, "run before the start was complete") }
    // It was on its way, held up by its jitter, when the clock was set back by hours.
    guard scheduled <= crons.clock.seconds(at: now) else { return }
    let node = plan.members[id.index].node.index
    let mayRepeat = calendar.isWildcard && crons.wasSet
    if let last = crons.runs[node]?.last, scheduled <= last, !mayRepeat {
      complain(id, "run for \(scheduled) after \(last)")
    }
    crons.runs[node]?.last = scheduled
  }

  /// On a clock that nobody touches, every moment of the schedule has been seen to.
  private mutating func count(until now: Instant) {
    guard let began = crons.completedAt, !crons.wasSet, !crons.wasAsked, !mayBeLate else { return }
    for (index, node) in plan.nodes.enumerated() {
      guard case .cron(let rules) = node.rules, rules.overlap != .queue,
        let first = node.instances.first, case .calendar(let calendar, let zone) = rules.schedule
      else { continue }
      var moments: [Instant] = []
      let runs = crons.runs[index] ?? .init()
      var second = crons.clock.seconds(at: max(began, runs.since))
      while let next = calendar.next(after: second, in: zone),
        crons.clock.instant(ofSecond: next) <= now
      {
        moments.append(crons.clock.instant(ofSecond: next))
        second = next
      }
      let certain = moments.count { $0.advanced(by: rules.jitter) < now }
      let seen = runs.seen
      guard seen < certain || seen > moments.count else { continue }
      complain(InstanceID(first), "\(seen) times seen to of \(certain) to \(moments.count)")
    }
  }
}
