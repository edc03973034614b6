internal import Linux
internal import ProgramSpec

/// Runs the command while the lease is ours, and ends it when that is lost: another replica may be
/// running its own by then.
struct LeaseHolder {
  private var lease: Lease
  private var pid: Int32 = 0
  private var trouble = ""
  /// Since it is lost: when the command is killed.
  private var killAt: UInt64?
  private var isLost = false

  private static let grace: UInt64 = 10_000_000_000
  private static let again: UInt64 = 1_000_000_000
  private static let terminate: Int32 = 15
  private static let kill: Int32 = 9

  init(_ lease: Lease) { self.lease = lease }

  /// The command's code, 128 + n for signal n; throws what keeps it from being started.
  mutating func run(_ launch: Launch, _ signals: borrowing SignalSource) throws(Errno) -> Int32 {
    var reports = SpawnReports()
    let report = try reports.report(0)
    do throws(Errno) {
      pid = try launch.start(.init(input: 0, output: 1, error: 2), report: report)
    } catch {
      _ = lease.release()
      throw error
    }
    let how = waitForEnd(signals)
    reap(pid)
    guard !isLost else { return LeaseExit.late }
    if !lease.release() { say("could not be given back and ends by itself") }
    if let failure = report.failure { throw failure.error }
    switch how {
    case .exited(let code): return code
    case .killed(let signal, _): return 128 + signal
    }
  }

  private mutating func waitForEnd(_ signals: borrowing SignalSource) -> EndedChild.How {
    while true {
      _ = try? waitForAny(readable: [signals.raw], milliseconds: untilNextStep)
      // The command has had them too: it is in our group.
      while signals.next() != nil {}
      if let child = peekEndedChild(pid) { return child.how }
      step(at: monotonicNanoseconds())
    }
  }

  private var untilNextStep: Int32 {
    let next = isLost ? killAt ?? 0 : lease.renewAt
    let now = monotonicNanoseconds()
    return Int32(clamping: (next - min(next, now)) / 1_000_000 + 1)
  }

  private mutating func step(at now: UInt64) {
    if isLost {
      guard let killAt, now >= killAt else { return }
      try? sendSignal(LeaseHolder.kill, toProcess: pid)
      self.killAt = now + LeaseHolder.again
    } else if now >= lease.renewAt {
      renew()
    }
  }

  private mutating func renew() {
    switch lease.renew() {
    case .held:
      if !trouble.isEmpty { say("is renewed again") }
      trouble = ""
    case .takenAgain:
      trouble = ""
      say("was gone from the server, nobody had it, and it has been taken again")
    case .lost: lose("is held by another one now")
    case .unreachable(let words):
      if words != trouble { say("cannot be renewed: \(words)") }
      trouble = words
      if monotonicNanoseconds() >= lease.end { lose("has run out, for it could not be renewed") }
    }
  }

  private mutating func lose(_ words: String) {
    say("\(words); the hook is ended")
    isLost = true
    killAt = monotonicNanoseconds() + LeaseHolder.grace
    let own = ThisProcess.identifier
    if processGroup(of: own) == own {
      try? sendSignal(LeaseHolder.terminate, toGroup: own)
    } else {
      try? sendSignal(LeaseHolder.terminate, toProcess: pid)
    }
  }

  private func say(_ words: String) { printErrorLine("lock \(lease.lock): \(words)") }
}
