import ProgramSpec

/// When a cron runs next, on a clock that may be set, put forward and put back.
///
/// It keeps `covered`, the second of the clock on the wall up to which everything has been seen to.
/// What daylight saving asks for is the schedule's business; what happens when the clock of the
/// machine is set follows the same rule (cron(8)), with three hours as its measure. A smaller step
/// leaves nothing out and repeats nothing: what was jumped over is made up for by one run at once,
/// fixed times that come again are passed over, and wildcards go on no sooner than they would have.
/// A larger one is a correction, and the new time counts.
package struct CronTiming: Sendable, Equatable {
  enum Arrival: Sendable, Equatable {
    /// Its time has come; of the calendar, with the second that is meant.
    case run(Int64?)
    /// It is too late for that one.
    case missed
  }

  /// When it runs next, with its jitter; nil: never, or not by itself.
  private(set) var due: Instant?
  /// The second of the clock on the wall that `due` stands for.
  private var scheduled: Int64 = 0
  private var covered: Int64 = 0
  private var spread = Duration.zero

  private static let longestShift = Duration.seconds(CalendarSchedule.longestShift)

  mutating func begin(_ rules: CronRules, _ turn: inout Turn) {
    switch rules.schedule {
    case .once: due = turn.now.advanced(by: draw(rules, &turn))
    case .every(let interval): due = turn.now.advanced(by: interval + draw(rules, &turn))
    case .calendar(let calendar, let zone):
      covered = turn.clock.seconds(at: turn.now)
      arm(calendar, zone, rules, &turn)
    }
  }

  mutating func end() { due = nil }

  /// nil: not yet.
  mutating func timePassed(_ rules: CronRules, _ turn: inout Turn) -> Arrival? {
    guard let due, due <= turn.now else { return nil }
    let late = turn.now.elapsed(since: due)
    switch rules.schedule {
    case .once:
      self.due = nil
      return .run(nil)
    case .every(let interval):
      armInterval(interval, late, rules, &turn)
      return .run(nil)
    case .calendar(let calendar, let zone):
      let meant = scheduled
      covered = scheduled + Int64(clamping: late.wholeNanoseconds / 1_000_000_000)
      arm(calendar, zone, rules, &turn)
      return late < CronTiming.longestShift ? .run(meant) : .missed
    }
  }

  /// In step with the first one, however late this one came.
  private mutating func armInterval(
    _ interval: Duration, _ late: Duration, _ rules: CronRules, _ turn: inout Turn
  ) {
    let whole = max(interval.wholeNanoseconds, 1)
    let behind = (late + spread).wholeNanoseconds % whole
    let rest = Duration.nanoseconds(Int64(clamping: whole - behind))
    due = turn.now.advanced(by: rest + draw(rules, &turn))
  }

  /// What lies in the past comes now, and only once.
  private mutating func arm(
    _ calendar: CalendarSchedule, _ zone: TimeZone, _ rules: CronRules, _ turn: inout Turn
  ) {
    guard let next = calendar.next(after: covered, in: zone) else {
      due = nil
      return
    }
    let delay = draw(rules, &turn)
    scheduled = max(next, turn.clock.seconds(at: turn.now))
    due = max(turn.now, turn.clock.instant(ofSecond: next).advanced(by: delay))
  }

  private mutating func draw(_ rules: CronRules, _ turn: inout Turn) -> Duration {
    let bound = rules.jitter.wholeNanoseconds
    spread = bound == 0 ? .zero : .nanoseconds(Int64(clamping: turn.random.upTo(bound)))
    return spread
  }

  /// The clock on the wall has been set: from `old` to the one of the turn. True: a run was jumped
  /// over that is not made up for.
  mutating func clockMoved(
    from old: WallClock, _ rules: CronRules, _ turn: inout Turn
  ) -> Bool {
    guard case .calendar(let calendar, let zone) = rules.schedule, let due else { return false }
    let (before, after) = (old.seconds(at: turn.now), turn.clock.seconds(at: turn.now))
    let shift = Duration.nanoseconds(turn.clock.offset &- old.offset)
    let isCorrection = shift >= CronTiming.longestShift || shift <= .zero - CronTiming.longestShift
    if scheduled <= before {
      // Only its jitter holds it back, and that is no matter of clocks.
      let goesBack = shift < .zero && calendar.isWildcard
      if isCorrection || goesBack { scheduled = turn.clock.seconds(at: due) }
      return false
    }
    let isJumpedOver = isCorrection && scheduled <= after
    if isCorrection {
      covered = after
    } else if shift < .zero {
      stepBack(calendar, old, before, after, turn)
    }
    arm(calendar, zone, rules, &turn)
    return isJumpedOver
  }

  private mutating func stepBack(
    _ calendar: CalendarSchedule, _ old: WallClock, _ before: Int64, _ after: Int64, _ turn: Turn
  ) {
    guard calendar.isWildcard else {
      covered = max(covered, before)
      // Step by step it has come to a correction.
      if covered - after >= CalendarSchedule.longestShift { covered = after }
      return
    }
    let planned = old.instant(ofSecond: scheduled)
    covered = (turn.clock.nanoseconds(at: planned) &- 1).wholeSeconds
  }
}
