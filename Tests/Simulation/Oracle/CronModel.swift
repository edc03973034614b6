import ProgramSpec
import SuperviseCore

/// The documented times of a cron's runs, on a wall clock that may be set.
///
/// A step of the clock by less than three hours neither repeats a run nor loses one; a larger step
/// is a correction, after which the new time counts (cron(8)).
struct CronModel {
  /// A run that falls due at some time of a window, by chance where there is a jitter.
  struct Due {
    var earliest: Instant
    var latest: Instant
    /// The second of the wall clock that the run stands for; nil: the schedule is no calendar.
    var scheduled: ClosedRange<Int64>?

    /// `scheduled` is the second in the journal.
    func standsFor(_ second: Int64?) -> Bool {
      guard let scheduled, let second else { return scheduled == nil && second == nil }
      return scheduled.contains(second)
    }
  }

  /// Steps of the clock from here on are corrections.
  private static let correction = Duration.seconds(3 * 3600)

  let cron: Cron
  /// nil: no run is due by itself.
  private(set) var due: Due?
  /// `overlap=queue`: a run that waits for the end of the one under way.
  private(set) var queued: Due?
  /// Chance has decided unseen, so that the next run cannot be predicted any more.
  private(set) var isUnpredictable = false
  /// Everything up to this second of the wall clock has been run or left out.
  private var covered: ClosedRange<Int64> = 0...0
  private var begin = Instant.zero

  init(_ cron: Cron) { self.cron = cron }

  /// Whether runs may be queued.
  var queues: Bool { cron.overlap == .queue }

  /// Whether its next run comes at another time when the wall clock is set.
  var dependsOnClock: Bool {
    if case .calendar = cron.schedule { due != nil } else { false }
  }

  func isDue(at now: Instant) -> Bool { due.map { $0.earliest <= now } ?? false }

  mutating func begin(at now: Instant, _ clock: WallClock) {
    begin = now
    switch cron.schedule {
    case .once: due = Due(earliest: now, latest: now.advanced(by: cron.jitter))
    case .every(let interval): armTick(now.advanced(by: interval))
    case .calendar:
      let second = clock.seconds(at: now)
      covered = second...second
      arm(at: now, clock)
    }
  }

  mutating func end() { (due, queued) = (nil, nil) }

  /// On request. Whether a run was queued may not be known.
  mutating func stopRun(at now: Instant) {
    if queues, isDue(at: now) { isUnpredictable = true }
    queued = nil
  }

  /// A run for `second` begins or is left out at `now`. `second` is nil where it is not known.
  /// `isPunctual`: it was due at `now`, and not some time before.
  mutating func takeDue(
    for second: Int64?, at now: Instant, _ clock: WallClock, isPunctual: Bool = false
  ) {
    guard let due else { return }
    let late =
      isPunctual
      ? 0...0 : due.latest.wholeSeconds(to: now)...due.earliest.wholeSeconds(to: now)
    switch cron.schedule {
    case .once: self.due = nil
    case .every(let interval):
      let passed = now.elapsed(since: begin).wholeNanoseconds / interval.wholeNanoseconds
      armTick(begin.advanced(by: interval * Int(passed + 1)))
    case .calendar:
      guard let seconds = second.map({ $0...$0 }) ?? due.scheduled else { return }
      covered = (seconds.lowerBound + late.lowerBound)...(seconds.upperBound + late.upperBound)
      arm(at: now, clock)
    }
  }

  mutating func stopPredicting() { isUnpredictable = true }

  mutating func takeQueued() { queued = nil }

  mutating func queue(at now: Instant, _ clock: WallClock) {
    queued = due
    takeDue(for: nil, at: now, clock)
  }

  private mutating func armTick(_ tick: Instant) {
    due = Due(earliest: tick, latest: tick.advanced(by: cron.jitter))
  }

  private mutating func arm(at now: Instant, _ clock: WallClock) {
    guard case .calendar(let calendar, let zone) = cron.schedule,
      let first = calendar.next(after: covered.lowerBound, in: zone),
      let last = calendar.next(after: covered.upperBound, in: zone)
    else {
      due = nil
      return
    }
    let second = clock.seconds(at: now)
    due = Due(
      earliest: max(now, clock.instant(ofSecond: first)),
      latest: max(now, clock.instant(ofSecond: last).advanced(by: cron.jitter)),
      scheduled: max(first, second)...max(last, second))
  }

  /// The wall clock has been set. True: a run was jumped over, and is reported as missed.
  mutating func clockMoved(
    from old: WallClock, to new: WallClock, at now: Instant, isBusy: Bool
  ) -> Bool {
    guard !isUnpredictable, case .calendar(let calendar, _) = cron.schedule, let due,
      let range = due.scheduled
    else {
      return false
    }
    let isSilent = queues && isBusy && isDue(at: now) && due.latest > due.earliest
    guard range.lowerBound == range.upperBound, covered.count == 1, !isSilent else {
      isUnpredictable = true
      return false
    }
    let scheduled = range.lowerBound
    let (before, after) = (old.seconds(at: now), new.seconds(at: now))
    let shift = Duration.nanoseconds(new.offset - old.offset)
    let isCorrection = shift >= CronModel.correction || shift <= .zero - CronModel.correction
    if scheduled <= before {
      // Its second has come, and only the jitter holds it back.
      guard isCorrection || (shift < .zero && calendar.isWildcard) else { return false }
      let latest = new.seconds(at: due.latest)
      self.due?.scheduled = min(new.seconds(at: due.earliest), latest)...latest
      return false
    }
    if isCorrection {
      covered = after...after
    } else if shift < .zero {
      stepBack(isWildcard: calendar.isWildcard, scheduled, old, new, at: now)
    }
    arm(at: now, new)
    return isCorrection && scheduled <= after
  }

  /// Wildcards continue no sooner than they would have; fixed times do not come a second time.
  private mutating func stepBack(
    isWildcard: Bool, _ scheduled: Int64, _ old: WallClock, _ new: WallClock, at now: Instant
  ) {
    guard isWildcard else {
      let second = max(covered.upperBound, old.seconds(at: now))
      let after = new.seconds(at: now)
      // Step by step the clock has come to a correction.
      let isFar = Duration.seconds(second - after) >= CronModel.correction
      covered = isFar ? after...after : second...second
      return
    }
    let nanoseconds = new.nanoseconds(at: old.instant(ofSecond: scheduled)) - 1
    let second = nanoseconds.dividedDown
    covered = second...second
  }
}

extension Instant {
  fileprivate func wholeSeconds(to later: Instant) -> Int64 {
    Int64(later.elapsed(since: self).wholeNanoseconds / 1_000_000_000)
  }
}

extension Int64 {
  /// Nanoseconds as seconds, rounded towards the past.
  fileprivate var dividedDown: Int64 {
    let (quotient, rest) = quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0 ? quotient - 1 : quotient
  }
}
