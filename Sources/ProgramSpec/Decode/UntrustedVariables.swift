/// Variables from files that a user other than root may change, such as an `environment_file` of
/// the user of a program.
///
/// In most keys such a variable would let that user choose what root does: as whom a program runs,
/// or which files root opens. So it is expanded only where the value serves the program alone.
extension SectionReader {
  /// `text` with its references replaced. Throws where an untrusted variable stands in a key in
  /// which it must not be expanded.
  func expandTrusting(_ text: String, of key: String) throws(ExpansionProblem) -> String {
    guard let variable = untrusted(in: text) else { return try Expansion.expand(text, scope) }
    let expanded = try Expansion.expand(text, scope)
    guard servesProgramAlone(key, expanded) || (context.givesUpRoot && !isUsedByRoot(key)) else {
      throw .untrusted(variable: variable.name, file: variable.file)
    }
    return expanded
  }

  /// The first untrusted variable that a value refers to.
  func untrusted(in text: String) -> (name: String, file: String)? {
    guard !scope.untrusted.isEmpty else { return nil }
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
    return ["control", "environment_file", "secrets"].contains(key)
  }

  /// Whether a value gives the user who chooses it nothing that the programs with this environment
  /// may not do: they run commands and connect to servers themselves.
  private func servesProgramAlone(_ key: String, _ value: String) -> Bool {
    switch key {
    case "environment": return true
    // The kernel checks the rights of the program when it uses them.
    case "command", "directory", "umask", "stop_command": return kinds != .supervisord
    case "url", "health", "ready":
      return (try? ProbeURL.parse(value))?.servesProgram(kinds) ?? false
    case "lock":
      guard case .redis? = try? Composite.lock(value) else { return false }
      return true
    default: return false
    }
  }
}

extension ProbeURL {
  /// Paths are looked up with the rights of root. The command of a wait runs as root, that of other
  /// units as their user.
  fileprivate func servesProgram(_ kinds: Key.Kinds) -> Bool {
    switch self {
    case .tcp, .mysql, .postgres, .redis, .http, .always, .fastCGI(.tcp, _): true
    case .unix, .file, .fastCGI(.unix, _): false
    case .exec: kinds != .wait
    }
  }
}
