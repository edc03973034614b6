internal import SafeText

/// Users and groups by name or number, with or without an entry in /etc/passwd.
extension Surroundings {
  /// `name`, `uid`, `name:group`, `uid:gid`.
  func identity(_ text: String) throws(ValueProblem) -> Identity {
    let parts = text.trimmed.fields(separatedBy: ":", maxSplits: 1, omittingEmpty: false)
      .map(String.init)
    guard let first = parts.first, !first.isEmpty else {
      throw ValueProblem("Invalid user name \(text); write a name, a uid, or uid:gid")
    }
    var identity = try user(first)
    identity.spelling.user = text
    if parts.count == 2 {
      identity.group = try group(parts[1])
      identity.namedGroups = .primary
      if identity.supplementaryGroups.first != identity.group {
        identity.supplementaryGroups = [identity.group]
      }
    }
    return identity
  }

  /// The same names looked up once more: a hook may have changed whose they are, as `usermod` does
  /// for a uid that the container is told. What can no longer be found stays as it was.
  package func current(_ identity: Identity) -> Identity {
    let spelling = identity.spelling
    guard spelling != Identity.Spelling(), let found = try? lookUp(spelling, else: identity) else {
      return identity
    }
    return found
  }

  private func lookUp(
    _ spelling: Identity.Spelling, else known: Identity
  ) throws(ValueProblem) -> Identity {
    var identity = known
    if let user = spelling.user { identity = try self.identity(user) }
    var others: [UInt32] = []
    for text in spelling.others ?? [] { others.append(try group(text)) }
    if let text = spelling.group { identity.take(group: try group(text)) }
    if spelling.others != nil { identity.take(others: others) }
    identity.spelling = spelling
    identity.namedGroups = known.namedGroups
    return identity
  }

  private func user(_ text: String) throws(ValueProblem) -> Identity {
    if let number = UInt32(text) {
      guard let user = userNumbered(number) else {
        return Identity(user: number, group: number, supplementaryGroups: [number])
      }
      return Identity(user)
    }
    guard let user = userNamed(text) else {
      throw ValueProblem("Invalid user name \(text); write one that /etc/passwd has, or a uid")
    }
    return Identity(user)
  }

  func group(_ text: String) throws(ValueProblem) -> UInt32 {
    if let number = UInt32(text.trimmed) { return number }
    guard let group = groupNamed(text.trimmed) else {
      throw ValueProblem("Invalid group name \(text); write one that /etc/group has, or a gid")
    }
    return group
  }
}

extension Identity {
  init(_ user: Surroundings.User) {
    self.init(user: user.user, group: user.group, supplementaryGroups: user.groups)
    userName = user.name
    home = user.home
    shell = user.shell
  }
}

extension Identity {
  mutating func take(group: UInt32) {
    self.group = group
    supplementaryGroups = [group]
  }

  mutating func take(others: [UInt32]) { supplementaryGroups = [group] + others }
}
