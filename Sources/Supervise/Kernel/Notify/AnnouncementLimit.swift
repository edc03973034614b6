internal import SuperviseCore

/// How many notifications of a program the journal and the main log record; `status` shows the last
/// ones in any case. Without a limit, one program would push the events of all others out of the
/// journal and fill the main log.
///
/// STATUS= has an allowance of its own: php-fpm sends it every ten seconds, which must not use up
/// the allowance for a reload.
struct AnnouncementLimit {
  /// The notifications that are recorded after a quiet time.
  static let burst = 10
  /// One more is recorded after each interval.
  static let interval = Duration.seconds(60)

  enum Verdict: Equatable {
    case recorded
    /// The first one that is not recorded after a quiet time: the main log says so.
    case firstLeftOut
    case leftOut
  }

  private struct Key: Hashable {
    var instance: InstanceID
    var isStatus: Bool
  }

  private struct Allowance {
    var left = AnnouncementLimit.burst
    var grewAt: Instant
    var hasReported = false

    mutating func grow(at now: Instant) {
      let interval = AnnouncementLimit.interval
      while left < AnnouncementLimit.burst, now.elapsed(since: grewAt) >= interval {
        left += 1
        grewAt = grewAt.advanced(by: interval)
      }
      guard left == AnnouncementLimit.burst else { return }
      grewAt = now
      hasReported = false
    }
  }

  private var allowances: [Key: Allowance] = [:]

  mutating func take(_ id: InstanceID, isStatus: Bool, at now: Instant) -> Verdict {
    let key = Key(instance: id, isStatus: isStatus)
    var allowance = allowances[key] ?? Allowance(grewAt: now)
    defer { allowances[key] = allowance }
    allowance.grow(at: now)
    if allowance.left > 0 {
      allowance.left -= 1
      return .recorded
    }
    defer { allowance.hasReported = true }
    return allowance.hasReported ? .leftOut : .firstLeftOut
  }

  /// The unit has been removed.
  mutating func forget(_ id: InstanceID) {
    for isStatus in [false, true] { allowances[Key(instance: id, isStatus: isStatus)] = nil }
  }
}
