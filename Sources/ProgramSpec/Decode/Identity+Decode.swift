/// `user`, `group` and `supplementary_groups` of a command.
extension SectionReader {
  /// nil: whoever the supervisor is.
  mutating func identity() -> Identity? {
    let surroundings = context.surroundings
    guard text("user") != nil || namesItsGroups else { return nil }
    var identity = text("user").map { user($0) } ?? currentIdentity()
    if let group = optional("group", surroundings.group) {
      identity?.group = group
      identity?.supplementaryGroups = [group]
    }
    let others = optional("supplementary_groups") { (text) throws(ValueProblem) -> [UInt32] in
      var groups: [UInt32] = []
      for item in Scalar.list(text) { groups.append(try surroundings.group(item)) }
      return groups
    }
    if let others, let group = identity?.group { identity?.supplementaryGroups = [group] + others }
    return identity
  }

  /// Becoming who we are already needs no right that we may lack. Where we lack it, a change is
  /// warned of: each start would fail.
  mutating func changesIdentity(to wanted: Identity) -> Bool {
    let own = context.own
    guard wanted.user == own.user else {
      warnUnlessAllowed("user", "become another user")
      return true
    }
    guard isOther(wanted, than: own) else { return false }
    let key = ["group", "supplementary_groups"].first { entry($0) != nil } ?? "user"
    warnUnlessAllowed(key, "change its groups")
    return true
  }

  /// Of the same user. One who may change nothing stays as he is unless groups are named, as with
  /// supervisord.
  private mutating func isOther(_ wanted: Identity, than own: Identity) -> Bool {
    if context.mayBecomeAnybody { return wanted.group != own.group || namesItsGroups }
    guard namesItsGroups || text("user")?.contains(":") == true else { return false }
    let groups = Set(wanted.supplementaryGroups).union([wanted.group])
    return wanted.group != own.group || groups != Set(own.supplementaryGroups).union([own.group])
  }

  private mutating func warnUnlessAllowed(_ key: String, _ what: String) {
    guard !context.mayBecomeAnybody else { return }
    let number = context.own.user
    let reason =
      number == 0
      ? "this root lacks CAP_SETUID or CAP_SETGID, and cannot \(what)"
      : "this runs as uid \(number), and only root can \(what)"
    warn(key, "\(reason); no start of it will work; start the container as root, or leave it out")
  }

  private var namesItsGroups: Bool {
    entry("group") != nil || entry("supplementary_groups") != nil
  }

  private mutating func user(_ text: String) -> Identity? {
    do { return try context.surroundings.identity(text) } catch {
      reject("user", text, error)
      return nil
    }
  }

  /// Groups alone are those of whoever it is otherwise.
  private func currentIdentity() -> Identity? {
    let own = context.own
    var identity = try? context.surroundings.identity(String(own.user))
    identity?.group = own.group
    return identity
  }
}
