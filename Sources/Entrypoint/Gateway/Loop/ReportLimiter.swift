internal import GatewayProtocol

/// Bounds what clients can make PID 1 write to the main log: one report of a kind from one peer at
/// a time, the next one after an interval, with the number of cases in between. Times are of the
/// monotonic clock, in nanoseconds.
struct ReportLimiter {
  private struct Subject: Hashable {
    var kind: GatewayReport.Kind
    var peer: Peer.Key
  }

  private struct Entry {
    var latest: GatewayReport
    /// Cases since the last report.
    var unreported = 0
    var nextReport: UInt64
  }

  private static let interval: UInt64 = 10_000_000_000
  /// Peers and kinds that were reported in the last interval. Cases of further peers are not
  /// reported: that many peers are one attack, which is in the log already.
  private static let mostEntries = 32

  private var entries: [Subject: Entry] = [:]

  /// The report to send now; nil when a later one will count this case.
  mutating func note(
    _ kind: GatewayReport.Kind, _ peer: Peer, _ text: String, at now: UInt64
  ) -> GatewayReport? {
    let subject = Subject(kind: kind, peer: peer.key)
    let report = GatewayReport(kind: kind, peer: peer.origin, text: text, repetitions: 0)
    guard let entry = entries[subject] else {
      guard entries.count < ReportLimiter.mostEntries else { return nil }
      entries[subject] = Entry(latest: report, nextReport: now + ReportLimiter.interval)
      return report
    }
    entries[subject]?.latest = report
    entries[subject]?.unreported = entry.unreported + 1
    return nil
  }

  /// When `dueReports` has something to do; nil: there is nothing to report or to forget.
  var nextDeadline: UInt64? { entries.values.lazy.map(\.nextReport).min() }

  /// Reports of the cases that were only counted. Subjects without new cases are forgotten.
  mutating func dueReports(at now: UInt64) -> [GatewayReport] {
    var due: [GatewayReport] = []
    for (subject, entry) in entries where entry.nextReport <= now {
      entries[subject] = nil
      guard entry.unreported > 0 else { continue }
      var report = entry.latest
      report.repetitions = entry.unreported
      due.append(report)
      entries[subject] = Entry(latest: entry.latest, nextReport: now + ReportLimiter.interval)
    }
    return due
  }
}
