/// Variables from files that a user other than root may change, such as an `environment_file` of
/// the user of a program.
///
/// In most keys such a variable would let that user choose what root does: as whom a program runs,
/// or which files root opens. So it is expanded only where the value serves the program alone.
extension SectionReader {
  /// `text` with its references replaced. Throws where an untrusted variable stands in a key in
  /// which it must not be expanded.
  mutating func expandTrusting(
    _ text: String, of key: String
  ) throws(ExpansionProblem) -> String {
    guard let variable = untrusted(in: text) else { return try Expansion.expand(text, scope) }
    let expanded = try Expansion.expand(text, scope)
    guard servesProgramAlone(key, expanded) || (context.givesUpRoot && !isUsedByRoot(key)) else {
      throw .untrusted(variable: variable.name, file: variable.file)
    }
    do { try context.untrustedBytes.add(expanded.utf8.count) } catch {
      throw .tooMuchUntrusted(error.reason)
    }
    return expanded
  }

  /// The first untrusted variable that a value refers to.
  func untrusted(in text: String) -> (name: String, file: String)? {
    guard scope.mayBeUntrusted else { return nil }
    var strict = scope
    strict.refusesUntrusted = true
    do {
      _ = try Expansion.expand(text, strict)
      return nil
    } catch {
      guard case .untrusted(let name, let file) = error else { return nil }
      return (name, file)
    }
  }

  /// Whether a value is used before the supervisor becomes `[supervisord] user`: root opens
  /// sockets and the files with variables.
  private func isUsedByRoot(_ key: String) -> Bool {
    if kinds == .unixServer || kinds == .inetServer { return true }
    return ["control", "environment_file", "secrets", "oom_score_adj"].contains(key)
  }

  /// Whether a value gives the user who chooses it nothing that the programs with this environment
  /// may not do: they run commands and connect to servers themselves.
  private func servesProgramAlone(_ key: String, _ value: String) -> Bool {
    switch key {
    case "environment": return true
    case "url", "health", "ready":
      guard let probe = try? ProbeURL.parse(value) else { return false }
      return probe.namesServer || probe.isCommand && runsAsUser
    case "lock":
      guard case .redis? = try? Composite.lock(value) else { return false }
      return true
    default: return SectionReader.keysOfUser.contains(key) && runsAsUser
    }
  }

  /// What a program does with its own rights (the kernel checks them when the program uses the
  /// value), and whether and how often it is started: who may choose its variables could make the
  /// program exit immediately, or make it start others of its kind.
  private static let keysOfUser = [
    "command", "directory", "umask", "stop_command", "numprocs", "enabled", "autostart",
  ]

  /// Whether the key would be expanded if the section had another `user`.
  func needsUser(_ key: String) -> Bool {
    let isCommandProbe =
      ["health", "ready"].contains(key) && entry(key)?.value.hasPrefix("exec:") == true
    return !kinds.isDisjoint(with: .commands) && !runsAsUser
      && (isCommandProbe || SectionReader.keysOfUser.contains(key))
  }

  /// Whether the commands of this section run as a user other than root. An error in `user`, such
  /// as an untrusted variable, is reported where the key is read.
  private var runsAsUser: Bool {
    guard !kinds.isDisjoint(with: .commands), let entry = entry("user"),
      let text = try? Expansion.expand(entry.value, scope),
      let identity = try? context.surroundings.identity(text)
    else { return false }
    return identity.user != 0
  }
}

extension SectionReader {
  /// The variables of the section's `environment_file` for a key that is read before the others:
  /// before it is known which processes there are. A list that differs from process to process
  /// cannot be expanded yet, and has no variables for such a key.
  mutating func readAhead(for key: String) {
    guard entry(key)?.value.holds("%(ENV_") == true, let entry = entry("environment_file"),
      let list = try? Expansion.expand(entry.value, scope(at: entry.location))
    else { return }
    scope.takeVariables(of: environmentFiles(list).scope)
  }
}

extension ProbeURL {
  /// A server of the network. Sockets and files are looked up with the rights of root.
  fileprivate var namesServer: Bool {
    switch self {
    case .tcp, .mysql, .postgres, .redis, .http, .always, .fastCGI(.tcp, _): true
    case .unix, .file, .fastCGI(.unix, _), .exec: false
    }
  }

  fileprivate var isCommand: Bool {
    guard case .exec = self else { return false }
    return true
  }
}

/// What users other than root make PID 1 read and copy, in bytes: PID 1 reads the configuration
/// again while it supervises, and a user who may change a file must not keep PID 1 busy with it.
/// Files that only root may change have no limit in common.
struct UntrustedBytes {
  /// PID 1 parses so much in less than 50 ms.
  private static let max = 4 << 20

  private var count = 0

  mutating func add(_ bytes: Int) throws(ValueProblem) {
    count += bytes
    guard count > UntrustedBytes.max else { return }
    throw ValueProblem(
      "environment files that users other than root may change, and the values that refer to their "
        + "variables, are larger than 4 MiB together")
  }
}
