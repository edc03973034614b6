internal import Linux
internal import SuperviseCore

/// Checks under way: a process each, and the pipe for its last words.
struct ProbeTable {
  struct Check {
    var instance: InstanceID
    var purpose: ProbePurpose
    var pid: Int32
    var words: Int32
    var began: Instant
    /// nil: an `exec:` check, which has the rights of the program, and whose process ends the
    /// command when PID 1 closes the pipe.
    var rights: ReducedRights?

    /// The check runs as a user of the roles, and not as the user of a program.
    var hasOwnUser: Bool { rights?.user != nil }
    var runsCommand: Bool { rights == nil }
  }

  private var checks: [Check] = []

  /// Whether a check under way runs as a user of the roles.
  var includesOwnUser: Bool { checks.contains { $0.hasOwnUser } }

  mutating func add(_ check: Check) { checks.append(check) }

  /// The check this process was, which is over now.
  mutating func remove(pid: Int32) -> Check? {
    guard let index = checks.firstIndex(where: { $0.pid == pid }) else { return nil }
    return checks.remove(at: index)
  }

  mutating func remove(_ instance: InstanceID, _ purpose: ProbePurpose) -> Check? {
    let index = checks.firstIndex { $0.instance == instance && $0.purpose == purpose }
    return index.map { checks.remove(at: $0) }
  }
}

extension ProbeTable.Check {
  /// Its last line, once it has ended: what it wrote is in the pipe, and the pipe is never read
  /// before.
  func lastWords() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    guard (try? waitFor(words, .readable, milliseconds: 0)) == true,
      let count = try? readBytes(words, into: &buffer)
    else { return "" }
    let lines = buffer[..<count].split(separator: UInt8(ascii: "\n"))
    return String(decoding: (lines.last ?? []).prefix(400), as: UTF8.self)
  }
}
