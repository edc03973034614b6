internal import Linux
package import ProgramSpec
package import SuperviseCore

/// The probe role: one short-lived process for one check. Whatever the other side sends, or does not
/// send, it can harm nothing but this process.
package enum ProbeRole {
  /// The URL may hold a password and anybody can read a command line, so it comes by this variable.
  package static let variable = "ENTRYPOINT_PROBE"

  private enum ExitCode {
    static let passed: Int32 = 0
    static let failed: Int32 = 1
    static let unusable: Int32 = 2
  }

  /// One check, over at the latest when `timeout` is. `environment` is that of an `exec:` command,
  /// each entry `NAME=value`.
  package static func run(
    url: ProbeURL, timeout: Duration, environment: [String] = ThisProcess.environment,
    resolver: Resolver = .system()
  ) -> Verdict {
    Check(
      url: url, deadline: Deadline(after: timeout), environment: environment, resolver: resolver
    ).verdict()
  }

  /// The role's whole life: `arguments` are its name and the time-out in milliseconds. Prints one line
  /// of last words; the exit code is 0 for passed, 1 for failed, 2 for a task that makes no sense.
  package static func main(arguments: [String], environment: [String]) -> Int32 {
    ThisProcess.removeVariable(variable)
    let prefix = "\(variable)="
    guard let entry = environment.first(where: { $0.hasPrefix(prefix) }),
      let url = try? ProbeURL.parse(String(entry.dropFirst(prefix.utf8.count))),
      arguments.count == 2, let milliseconds = Int32(arguments[1]), milliseconds > 0
    else {
      printOut("the probe was given no URL and time-out that it understands\n")
      return ExitCode.unusable
    }
    ThisProcess.setTitle("entrypoint: probe \(url)")
    let rest = environment.filter { !$0.hasPrefix(prefix) }
    let verdict = run(url: url, timeout: .milliseconds(Int(milliseconds)), environment: rest)
    printOut(verdict.line + "\n")
    return verdict.isPassed ? ExitCode.passed : ExitCode.failed
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
    case .passed(let words), .failed(let words):
      String(decoding: words.utf8.prefix(396), as: UTF8.self)
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
