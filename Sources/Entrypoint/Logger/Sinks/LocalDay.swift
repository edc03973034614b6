internal import Linux

/// Days by the clock on the wall: TZ and /etc/localtime, as the container has them.
enum LocalDay {
  /// A moment of a day. Days are numbered so that they can be compared: 20261121.
  struct Moment: Equatable {
    var day: Int
    /// Of the day, by the clock: 3600 is one o'clock, whether the clock was changed or not.
    var second: Int
  }

  static func of(_ seconds: Int64) -> Int { moment(seconds).day }
  static var today: Int { of(WallTime.now().seconds) }

  static func moment(_ seconds: Int64) -> Moment {
    let date = WallTime(seconds: seconds, nanoseconds: 0).local
    return Moment(
      day: (date.year * 100 + date.month) * 100 + date.day,
      second: (date.hour * 60 + date.minute) * 60 + date.second)
  }

  /// When to look next whether it is another day: at its first moment, or before it where the clock
  /// is put back on the way there.
  static func turn(
    after now: Int64, _ moment: (Int64) -> Moment = LocalDay.moment
  ) -> Int64 {
    let here = moment(now)
    let there = now + Int64(max(1, 86_400 - here.second))
    let landing = moment(there)
    guard landing.day > here.day, landing.second > 0 else { return there }
    // The clock is put forward on the way; where that is at midnight, there is no midnight.
    let midnight = there - Int64(landing.second)
    return midnight > now && moment(midnight).day > here.day ? midnight : there
  }
}
