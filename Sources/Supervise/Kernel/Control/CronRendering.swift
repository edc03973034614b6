internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What `status` shows of crons.
extension StatusRenderer {
  func describe(_ cron: CronSnapshot, _ unit: Int?, _ json: inout JSONWriter) {
    let zone = zone(of: unit)
    json.field("next", cron.next.map(zone.rfc3339))
    json.field("last_result", cron.lastResult?.rawValue)
    json.field("last_end", cron.endedAt.map { zone.rfc3339(second(of: $0)) })
    json.field("runs", cron.runs)
    json.field("skipped", cron.skips)
    json.field("queued", cron.isQueued)
  }

  /// `pid 12, next 2026-11-22T02:00:00+01:00`, `next …, last ended … (exit status 0)`.
  func text(_ cron: CronSnapshot, _ snapshot: Snapshot, _ unit: Int?) -> String {
    let zone = zone(of: unit)
    var parts: [String] = []
    if let pid = snapshot.pid { parts.append("pid \(pid)") }
    if let next = cron.next { parts.append("next \(zone.rfc3339(next))") }
    if let endedAt = cron.endedAt, snapshot.pid == nil {
      let how = snapshot.lastExit?.text ?? "not started"
      parts.append("last ended \(zone.rfc3339(second(of: endedAt))) (\(how))")
    }
    return parts.joined(separator: ", ")
  }

  private func second(of instant: Instant) -> Int64 {
    wall.seconds - Int64(clamping: now.elapsed(since: instant).wholeNanoseconds / 1_000_000_000)
  }

  /// Its own, so that times can be compared with the schedule.
  private func zone(of unit: Int?) -> TimeZone {
    guard let unit, case .cron(let cron) = configuration.units[unit].work,
      case .calendar(_, let zone) = cron.schedule
    else { return .utc }
    return zone
  }
}

extension CronSnapshot {
  /// The run under way; else how the last one ended, or that there has been none.
  func state(_ run: StateName) -> String {
    switch run {
    case .running, .stopping, .retrying: run.rawValue
    case .stopped, .waiting, .starting, .ready, .backoff, .exited, .fatal, .unknown, .passed,
      .succeeded, .failed:
      lastResult?.rawValue ?? (next == nil ? "waiting" : "scheduled")
    }
  }
}
