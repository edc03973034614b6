internal import SafeText

/// What a process of the supervisor leaves to the command that it starts for another user: the
/// user, the capabilities, the working directory and the environment. The process itself keeps the
/// supervisor's user: until a process of the command's user has made itself undumpable, this user
/// can trace it and read its variables.
///
/// In the environment of the process the rights are one text: uid, gid, supplementary groups (`-`
/// for none), capabilities in hexadecimal (`-` for those of the process) and, where there is one,
/// the directory. The variables of the command are there with a prefix, so that they have no effect
/// on the process: the user may be able to choose them.
package struct DelegatedRights {
  package static let variable = "ENTRYPOINT_COMMAND_RIGHTS"
  /// What each variable of the command begins with in the environment of the process.
  private static let prefix = "@"

  private var user: UInt32
  private var group: UInt32
  private var others: [UInt32] = []
  private var capabilities: UInt64?
  private var directory: String?

  /// Takes the rights out of a launch of the command; nil where it has no user of its own.
  package init?(takingFrom recipe: inout Launch.Recipe) {
    guard let identity = recipe.identity else { return nil }
    (user, group, others) = identity
    capabilities = recipe.capabilities
    // The process is in the directory already, to which another path may be relative.
    directory = recipe.directory.map { $0.hasPrefix("/") ? $0 : "." }
    recipe.identity = nil
    recipe.capabilities = nil
    let entries = recipe.environment.entries
    recipe.environment = ProgramEnvironment(entries.map { DelegatedRights.prefix + $0 })
  }

  package init?(_ text: String) {
    let fields = text.fields(separatedBy: " ", maxSplits: 4, omittingEmpty: false)
    guard fields.count >= 4, let user = UInt32(fields[0]), let group = UInt32(fields[1]) else {
      return nil
    }
    (self.user, self.group) = (user, group)
    if fields[2] != "-" {
      others = fields[2].fields(separatedBy: ",").compactMap { UInt32($0) }
      guard others.count == fields[2].fields(separatedBy: ",").count else { return nil }
    }
    if fields[3] != "-" {
      guard let bits = UInt64(fields[3], radix: 16) else { return nil }
      capabilities = bits
    }
    if fields.count > 4 { directory = String(fields[4]) }
  }

  package var text: String {
    let groups = others.isEmpty ? "-" : others.map { "\($0)" }.joined(separator: ",")
    let bits = capabilities.map { String($0, radix: 16) } ?? "-"
    return "\(user) \(group) \(groups) \(bits)" + (directory.map { " \($0)" } ?? "")
  }

  package func give(to recipe: inout Launch.Recipe) {
    recipe.identity = (user, group, others)
    recipe.capabilities = capabilities
    // Again, now as the user who may have no right to be there.
    recipe.directory = directory
    recipe.environment = ProgramEnvironment(
      ThisProcess.environment.filter { $0.hasPrefix(DelegatedRights.prefix) }
        .map { String($0.dropFirst()) })
  }
}

extension Launch.Recipe {
  /// The process keeps the caller's user, and gets the rights of its command as a variable.
  package mutating func delegateRights() {
    guard let rights = DelegatedRights(takingFrom: &self) else { return }
    environment.set(DelegatedRights.variable, rights.text)
  }
}
