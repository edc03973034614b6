internal import Linux
internal import LoggerProtocol
internal import SafeText

/// What the main log reports about log files. Users who may change the directory of a log can cause
/// such lines at any rate, so that their number is limited for each path.
extension LoggerLoop {
  /// After files have been opened, made or rotated.
  mutating func reportFiles() {
    for warning in sinks.takeWarnings() { report(.file(.warning(warning.text)), of: warning.path) }
    for made in sinks.takeMadeFiles() { tell(.file(.made(path: made.path, made.number))) }
  }

  mutating func report(_ failure: LogFailure?, _ stream: UInt32) {
    reportFiles()
    guard let failure else { return }
    let isRefused = failure.isDetoured || failure.problem.isRefusal
    report(
      isRefused
        ? .file(.refused(path: failure.path, reason: failure.problem.message))
        : .failed(stream: stream, error: failure.problem.code, path: failure.path),
      of: failure.path)
  }

  /// `owner` is the program whose log the file is, or the main log; nil: the logger does not know.
  mutating func reportNotCleared(_ failure: LogFailure, of owner: String? = nil) {
    let subject = failure.path + (owner.map { ", a log of \($0)" } ?? "")
    report(
      .file(.warning("cannot clear \(subject): \(failure.problem.message)")), of: failure.path)
  }

  mutating func report(_ message: LoggerMessage, of path: String) {
    if lineLimits.admits(path, at: monotonicNanoseconds()) { tell(message) }
  }

  /// How many lines the limit has left out.
  mutating func countLeftOutLines(at now: UInt64) {
    for (path, count) in lineLimits.takeLeftOut(at: now) {
      tell(.file(.warning("\(count) lines about \(path) lost: they came too fast")))
    }
  }
}

/// A limit of the lines about each path. The paths are those of the configuration.
struct LineLimits {
  private var limits: [String: LineLimit] = [:]
  /// When `takeLeftOut` is due, on the monotonic clock; nil: no line has been left out.
  private(set) var nextReport: UInt64?

  mutating func admits(_ path: String, at now: UInt64) -> Bool {
    let isAdmitted = limits[path, default: LineLimit()].admits(at: now)
    if !isAdmitted { noteNextReport() }
    return isAdmitted
  }

  /// The number of lines left out for each path that is due.
  mutating func takeLeftOut(at now: UInt64) -> [(path: String, count: Int)] {
    guard let due = nextReport, due <= now else { return [] }
    defer { noteNextReport() }
    return limits.keys.sorted().compactMap { path in
      limits[path]?.takeLeftOut(at: now).map { (path, $0) }
    }
  }

  private mutating func noteNextReport() {
    nextReport = limits.values.compactMap(\.nextReport).min()
  }
}
