/// Limits the lines of one kind that programs can cause in a log: a short burst, then one line a
/// second with the number of the lines that were left out. Without a limit, a program fills the
/// disk of the host, or hides what else is logged.
///
/// Times are of a monotonic clock, in nanoseconds.
package struct LineLimit {
  /// The lines that are written without delay after a quiet time.
  package static let burst = 10
  private static let interval: UInt64 = 1_000_000_000

  private var allowance = LineLimit.burst
  /// When the allowance last grew.
  private var grewAt: UInt64 = 0
  private var leftOut = 0
  /// When `takeLeftOut` is due; nil: no line has been left out.
  package private(set) var nextReport: UInt64?

  package init() {}

  /// True: the caller writes the line. False: the line is counted.
  package mutating func admits(at now: UInt64) -> Bool {
    grow(at: now)
    // The number comes first: otherwise a line would stand before those that are older.
    guard leftOut == 0, allowance > 0 else {
      leftOut += 1
      nextReport = nextReport ?? grewAt + LineLimit.interval
      return false
    }
    allowance -= 1
    return true
  }

  /// The number of lines left out, for a line of its own; nil: nothing is due.
  package mutating func takeLeftOut(at now: UInt64) -> Int? {
    guard let due = nextReport, due <= now else { return nil }
    grow(at: now)
    allowance = max(0, allowance - 1)
    nextReport = nil
    defer { leftOut = 0 }
    return leftOut
  }

  private mutating func grow(at now: UInt64) {
    guard now >= grewAt + LineLimit.interval else { return }
    let seconds = (now - grewAt) / LineLimit.interval
    allowance = min(LineLimit.burst, allowance + Int(min(seconds, UInt64(LineLimit.burst))))
    grewAt += seconds * LineLimit.interval
  }
}
