internal import Linux
package import ProgramSpec
package import SuperviseCore

/// The probe role: one short-lived process for one check. Whatever the other side sends, or does
/// not send, it can harm nothing but this process.
package enum ProbeRole {
  /// The URL may hold a password and anybody can read a command line, so it comes by this variable.
  package static let variable = "ENTRYPOINT_PROBE"

  private static let standardOutput: Int32 = 1

  private enum ExitCode {
    static let passed: Int32 = 0
    static let failed: Int32 = 1
    static let unusable: Int32 = 2
  }

  /// One check, over at the latest when `timeout` is. `environment` is that of an `exec:` command,
  /// each entry `NAME=value`. `walksSafely`, `ownsGroup` and `cancellation`: see `Check`.
  package static func run(
    url: ProbeURL, timeout: Duration, environment: [String] = ThisProcess.environment,
    resolver: Resolver = .system(), walksSafely: Bool = false, ownsGroup: Bool = false,
    cancellation: Int32? = nil
  ) -> Verdict {
    Check(
      url: url, deadline: Deadline(after: timeout), environment: environment, resolver: resolver,
      walksSafely: walksSafely, ownsGroup: ownsGroup, cancellation: cancellation
    ).verdict()
  }

  /// The role's whole life. Its first argument is the time-out in milliseconds, and the second one
  /// `group` where PID 1 ends this process's group with the process. Prints one line of last words
  /// to the pipe of PID 1, which cancels an `exec:` check by closing the pipe. The exit code is 0
  /// for passed, 1 for failed, 2 for a task that makes no sense.
  package static func main(_ arguments: [String]) -> Int32 {
    guard let url = takeURL(), let milliseconds = arguments.first.flatMap({ Int32($0) }),
      milliseconds > 0
    else {
      printOut("the probe was given no URL and time-out that it understands\n")
      return ExitCode.unusable
    }
    ThisProcess.setTitle("entrypoint: probe \(url.title)")
    let walksSafely = FileIdentity.isPrivileged
    // The search for a socket, and the connection, take calls that no other check makes.
    if !(walksSafely && url.isLocal) { confine(url) }
    let verdict = run(
      url: url, timeout: .milliseconds(Int(milliseconds)), walksSafely: walksSafely,
      ownsGroup: arguments.dropFirst().first == "group", cancellation: standardOutput)
    printOut(verdict.line + "\n")
    return verdict.isPassed ? ExitCode.passed : ExitCode.failed
  }

  private static func confine(_ url: ProbeURL) {
    switch url {
    // A command inherits the filter of system calls, so its check has none. It is in the group of
    // this process, which a signal to the whole group (`kill 0`) must not end.
    case .exec: ignoreSignals(SignalSet.standard.subtracting(SignalSet([childSignal])).numbers)
    case .file: RoleName.fileProbe.confine()
    default: RoleName.probe.confine()
    }
  }

  /// Takes it out of the environment, so that an `exec:` command does not inherit it.
  private static func takeURL() -> ProbeURL? {
    defer { ThisProcess.removeVariable(variable) }
    return ThisProcess.variable(variable).flatMap { try? ProbeURL.parse($0) }
  }
}

extension ProbeURL {
  /// Whether the check connects to a unix(7) socket.
  fileprivate var isLocal: Bool {
    switch self {
    case .unix, .fastCGI(.unix, _): true
    default: false
    }
  }
}

extension Verdict {
  package var isPassed: Bool {
    guard case .passed = self else { return false }
    return true
  }

  /// Last words as they are printed: one line of at most 400 bytes.
  package var line: String {
    switch self {
    case .passed(let words), .failed(let words): words.utf8.printable(limit: 396)
    }
  }

  /// With the place they speak of in front: `db:3306: connection refused`.
  func at(_ place: String) -> Verdict {
    switch self {
    case .passed(let words): .passed("\(place): \(words)")
    case .failed(let words): .failed("\(place): \(words)")
    }
  }
}
