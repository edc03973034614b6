internal import Linux
internal import ProgramSpec

/// Runs the command while the lease is ours, and ends it when that is lost: another replica may be
/// running its own by then.
struct LeaseHolder {
  private var lease: Lease
  /// The process of the command; 0 while there is none.
  private var pid: Int32 = 0
  private var trouble = ""
  /// Since it is lost: when the command is killed.
  private var killAt: UInt64?
  private var isLost = false
  /// The last signal that is to end this process; of effect while there is no command.
  private var stopSignal: Int32?

  /// The delays are 55 s altogether: as those of a hook without a lease.
  private static let maxShortages: UInt64 = 10
  private static let grace: UInt64 = 10_000_000_000
  private static let again: UInt64 = 1_000_000_000
  private static let terminate: Int32 = 15
  private static let kill: Int32 = 9

  init(_ lease: Lease) { self.lease = lease }

  /// The command's code, 128 + n for signal n; throws what keeps it from being started. With
  /// `toleratesShortage`, a start for which the kernel has no process or no memory left is tried
  /// again, ten times at most: the first attempt is made after 1 s, and each delay is 1 s longer
  /// than the one before. The kernel reports a limit of the command's user only to execve(2) of the
  /// command, so PID 1 cannot do this.
  mutating func run(
    _ launch: Launch, _ signals: borrowing SignalSource, toleratesShortage: Bool
  ) throws(Errno) -> Int32 {
    var reports = SpawnReports()
    let report = try reports.report(0)
    var shortages: UInt64 = 0
    while true {
      take(signals)
      if let stopSignal {
        release()
        return 128 + stopSignal
      }
      let result = attempt(launch, report, signals)
      guard !isLost else { return LeaseExit.late }
      guard case .failure(let error) = result, toleratesShortage, error.isShortage,
        shortages < LeaseHolder.maxShortages
      else {
        release()
        return try result.get()
      }
      shortages += 1
      say("the command cannot be started: \(error.message); trying again in \(shortages) s")
      waitForAttempt(at: monotonicNanoseconds() + shortages * LeaseHolder.again, signals)
      guard !isLost else { return LeaseExit.late }
    }
  }

  private func release() {
    if !lease.release() { say("could not be given back and ends by itself") }
  }

  /// From the start of the command to its end. A signal that has come before the command was
  /// executed is kept in `stopSignal`.
  private mutating func attempt(
    _ launch: Launch, _ report: SpawnReport, _ signals: borrowing SignalSource
  ) -> Result<Int32, Errno> {
    do throws(Errno) {
      pid = try launch.start(.init(input: 0, output: 1, error: 2), report: report)
    } catch {
      return .failure(error)
    }
    // A signal that has come since the last look, and before the command's process was there, has
    // reached only this process.
    take(signals)
    if let stopSignal { try? sendSignal(stopSignal, toProcess: pid) }
    let how = waitForEnd(signals)
    reap(pid)
    pid = 0
    if let failure = report.failure { return .failure(failure.error) }
    switch how {
    case .exited(let code): return .success(code)
    case .killed(let signal, _): return .success(128 + signal)
    }
  }

  /// Keeps the lease until then; ends early when the lease is lost or a signal ends this process.
  private mutating func waitForAttempt(at time: UInt64, _ signals: borrowing SignalSource) {
    while !isLost, stopSignal == nil, monotonicNanoseconds() < time {
      _ = try? waitForAny(
        readable: [signals.raw], milliseconds: min(untilNextStep, LeaseHolder.untilTime(time)))
      take(signals)
      step(at: monotonicNanoseconds())
    }
  }

  private mutating func take(_ signals: borrowing SignalSource) {
    while let signal = signals.next() {
      if LeaseQueue.endings.contains(signal.number) { stopSignal = signal.number }
    }
  }

  private mutating func waitForEnd(_ signals: borrowing SignalSource) -> EndedChild.How {
    while true {
      _ = try? waitForAny(readable: [signals.raw], milliseconds: untilNextStep)
      // The command has had them too: it is in our group.
      take(signals)
      if let child = peekEndedChild(pid) { return child.how }
      step(at: monotonicNanoseconds())
    }
  }

  private var untilNextStep: Int32 {
    LeaseHolder.untilTime(isLost ? killAt ?? 0 : lease.renewAt)
  }

  /// In milliseconds.
  private static func untilTime(_ time: UInt64) -> Int32 {
    let now = monotonicNanoseconds()
    return Int32(clamping: (time - min(time, now)) / 1_000_000 + 1)
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
    isLost = true
    guard pid != 0 else { return say("\(words); the hook is not started") }
    say("\(words); the hook is ended")
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
