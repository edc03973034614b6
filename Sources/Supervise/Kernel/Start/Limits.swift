internal import Linux
internal import ProgramSpec

/// `minfds` and `minprocs`: limits that are raised to what the configuration asks for.
enum Limits {
  /// RLIMIT_NPROC and RLIMIT_NOFILE, getrlimit(2).
  private static let processes: Int32 = 6
  private static let files: Int32 = 7

  private struct Minimum {
    var resource: Int32
    var name: String
    var value: Int
    var things: String
    var key: String
  }

  /// What has been raised, in supervisord's words. Throws for what cannot be where `isStrict`, as
  /// supervisord does; else it is only said, for most containers do well with less.
  static func raise(
    for supervisor: Supervisor, isStrict: Bool
  ) throws(StartProblem) -> [MainLog.Line] {
    var lines: [MainLog.Line] = []
    let minima = [
      Minimum(
        resource: files, name: "RLIMIT_NOFILE", value: supervisor.minimumDescriptors,
        things: "file descriptors", key: "minfds"),
      Minimum(
        resource: processes, name: "RLIMIT_NPROC", value: supervisor.minimumProcesses,
        things: "processes", key: "minprocs"),
    ]
    for minimum in minima {
      do throws(StartProblem) { lines += try raise(minimum) } catch {
        guard !isStrict else { throw error }
        lines.append(.init(.warning, error.message))
      }
    }
    return lines
  }

  /// The limit of open files that programs get, whatever we raise our own to: ours is for the pipes
  /// and sockets of all of them.
  static func raiseOwn() -> ResourceLimit? {
    guard let limit = try? ThisProcess.limit(files), limit.soft < limit.hard,
      (try? ThisProcess.setLimit(files, soft: limit.hard, hard: limit.hard)) != nil
    else { return nil }
    return ResourceLimit(resource: .nofile, soft: limit.soft, hard: limit.hard)
  }

  /// Before we begin again: what we were given.
  static func restoreOwn(_ limit: ResourceLimit?) {
    guard let limit else { return }
    try? ThisProcess.setLimit(files, soft: limit.soft, hard: limit.hard)
  }

  private static func raise(_ minimum: Minimum) throws(StartProblem) -> [MainLog.Line] {
    let value = UInt64(max(0, minimum.value))
    guard let limit = try? ThisProcess.limit(minimum.resource), limit.soft < value else {
      return []
    }
    do throws(Errno) {
      try ThisProcess.setLimit(minimum.resource, soft: value, hard: max(limit.hard, value))
      return [.init(.information, "Increased \(minimum.name) limit to \(value)")]
    } catch {
      throw StartProblem(
        message: "at least \(value) \(minimum.things) are required by \(minimum.key), but only "
          + "\(limit.hard) are allowed here; allow more, or write a lower \(minimum.key) in "
          + "[supervisord]")
    }
  }
}
