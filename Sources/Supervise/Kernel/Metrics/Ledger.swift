internal import ProgramSpec
internal import SuperviseCore

/// What is counted for metrics and would else be forgotten, by the name of the process or the role:
/// programs come and go, and their counters must not go back.
struct Ledger {
  struct Entry {
    /// Of processes that have ended, in nanoseconds.
    var processorTime: UInt64 = 0
    var probes: [ProbePurpose: ProbeTally] = [:]
    /// Of streams that are closed, by `stdout` and `stderr`.
    var logs: [String: LogCount] = [:]
    /// Of programs and crons of that name that are gone.
    var restarts = RestartCounts()
    var results = CronResults()
    var runs = 0
    var skips = 0
  }

  var eventsLost: UInt64 = 0
  private var entries: [String: Entry] = [:]

  subscript(_ name: String) -> Entry {
    get { entries[name] ?? Entry() }
    set { entries[name] = newValue }
  }

  /// Of a role of ours; no process can be called so.
  subscript(role role: String) -> Entry {
    get { self[" \(role)"] }
    set { self[" \(role)"] = newValue }
  }

  /// Names that are no more are forgotten, so that a thousand changes keep no memory.
  mutating func keepOnly(_ names: Set<String>) {
    guard entries.count > 2 * names.count + HelperKind.allCases.count else { return }
    entries = entries.filter { names.contains($0.key) || $0.key.utf8.first == 32 }
  }
}

/// Checks of one kind that have ended by themselves.
struct ProbeTally {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var nanoseconds: UInt64 = 0
  private(set) var lastNanoseconds: UInt64 = 0
  private(set) var hasLastPassed = false

  mutating func count(_ hasPassed: Bool, _ duration: Duration) {
    if hasPassed { passed &+= 1 } else { failed &+= 1 }
    lastNanoseconds = duration.wholeNanoseconds
    nanoseconds &+= lastNanoseconds
    hasLastPassed = hasPassed
  }
}

/// Bytes of a log.
struct LogCount {
  var read = Growing()
  var dropped = Growing()

  mutating func add(_ other: LogCount) {
    read.add(other.read)
    dropped.add(other.dropped)
  }
}

/// A count that somebody keeps who may be replaced, and begin from zero.
struct Growing {
  private var base: UInt64 = 0
  private var last: UInt64 = 0

  var total: UInt64 { base &+ last }

  mutating func take(_ value: UInt64) {
    if value < last { base &+= last }
    last = value
  }

  mutating func add(_ other: Growing) { base &+= other.total }
}
