package import ProgramSpec
package import SuperviseCore

/// Rounds of checks until nothing is missing or the time is over. One after the other: a server
/// that hangs costs the others a part of a round, and never more than its own time-out.
package struct Waiting {
  package struct Limits: Sendable {
    /// Zero is for ever.
    package var timeout: Duration
    package var interval: Duration
    package var probeTimeout: Duration

    package init(timeout: Duration, interval: Duration, probeTimeout: Duration) {
      self.timeout = timeout
      self.interval = interval
      self.probeTimeout = probeTimeout
    }
  }

  package struct Target: Sendable {
    package let url: ProbeURL
    package private(set) var tries = 0
    package private(set) var isReady = false
    /// What was last seen.
    package private(set) var words = ""

    init(_ url: ProbeURL) { self.url = url }

    mutating func record(_ verdict: Verdict) {
      tries += 1
      isReady = verdict.isPassed
      words = verdict.line
    }

    /// `db:3306: connection refused after 58 tries in 60s`.
    package func report(_ limits: Limits) -> String {
      "\(words) after \(tries) \(tries == 1 ? "try" : "tries") in \(limits.timeout.inWords)"
    }
  }

  /// So that the last words are about the server and not about our hurry at the end.
  private static let shortestTry = Duration.milliseconds(100)
  /// No server is to be asked in a tight loop.
  private static let shortestInterval = Duration.milliseconds(10)

  package let limits: Limits
  private var targets: [Target]

  package init(urls: [ProbeURL], limits: Limits) {
    self.limits = limits
    targets = urls.map(Target.init)
  }

  package var missing: [Target] { targets.filter { !$0.isReady } }
  package var isOver: Bool { missing.isEmpty }

  /// `probe` is one check within a time; `passed` hears of each target once, when it is ready.
  package mutating func run(
    probe: (ProbeURL, Duration) -> Verdict, passed: (Target) -> Void
  ) {
    let end = limits.timeout == .zero ? Deadline.never : Deadline(after: limits.timeout)
    repeat {
      let next = end.within(max(limits.interval, Self.shortestInterval))
      for index in targets.indices where !targets[index].isReady {
        // Everything is asked once, however short the time is.
        guard !end.isOver || targets[index].tries == 0 else { return }
        let time = min(limits.probeTimeout, max(end.remaining, Self.shortestTry))
        targets[index].record(probe(targets[index].url, time))
        if targets[index].isReady { passed(targets[index]) }
      }
      if isOver { return }
      pause(until: next)
    } while !end.isOver
  }
}
