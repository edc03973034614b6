/// `user`, `group` and `supplementary_groups` of a command.
extension SectionReader {
  /// nil: whoever the supervisor is.
  mutating func identity() -> Identity? {
    let surroundings = context.surroundings
    guard text("user") != nil || namesItsGroups else { return nil }
    var identity = text("user").map { user($0) } ?? currentIdentity()
    if let group = optional("group", surroundings.group) {
      identity?.take(group: group)
      identity?.spelling.group = text("group")
    }
    let others = written("supplementary_groups") { (text) throws(ValueProblem) -> [UInt32] in
      var groups: [UInt32] = []
      for item in Scalar.list(text) { groups.append(try surroundings.group(item)) }
      return groups
    }
    if let others {
      identity?.take(others: others)
      identity?.spelling.others = text("supplementary_groups").map(Scalar.list)
    }
    if namesItsGroups { identity?.namedGroups = .all }
    if let identity { refuseRoleUser(identity.user) }
    return identity
  }

  /// A program with the uid of a role could signal the role.
  private mutating func refuseRoleUser(_ user: UInt32) {
    guard let base = context.roleUserBase, user >= base,
      user - base < Supervisor.roleUserCount
    else { return }
    context.report(
      .error, location("user"),
      .contradiction(
        "uid \(user) in [\(section.name)] belongs to a role: role_uid_base=\(base) reserves "
          + "\(base) to \(base + Supervisor.roleUserCount - 1); choose another uid or another "
          + "role_uid_base"))
  }

  /// What the kernel will refuse makes each start fail: said before.
  mutating func warnUnlessPossible(_ wanted: Identity) {
    let own = context.own
    guard own.differ(from: wanted), !own.may(become: wanted) else { return }
    let isOther = wanted.user != own.user
    let key = isOther ? nil : ["group", "supplementary_groups"].first { entry($0) != nil }
    let what = isOther ? "become another user" : "change its groups"
    warn(key ?? "user", own, cannot: what, "no start of it will work")
  }

  /// `user` of `[supervisord]`. Without the right to become it the supervisor does not start.
  /// But `user=root` is what many images write to silence supervisord's warning, and such an image
  /// is to run unprivileged as well: there the key is not applied.
  mutating func supervisorUser() -> Identity? {
    guard let wanted = written("user", context.surroundings.identity) else { return nil }
    let own = context.surroundings.credentials
    guard own.user != wanted.user, !own.may(become: wanted) else { return wanted }
    guard wanted.user == 0, context.surroundings.calledAs == .entrypoint else {
      warn("user", own, cannot: "become another user", "it will not start")
      return wanted
    }
    warn("user", own, cannot: "become another user", "the key is not applied")
    return nil
  }

  private mutating func warn(
    _ key: String, _ own: Credentials, cannot what: String, _ consequence: String
  ) {
    let lack =
      own.user == 0
      ? "this root lacks CAP_SETUID or CAP_SETGID, and cannot \(what)"
      : "this runs as uid \(own.user), and only root can \(what)"
    let cure = own.user == 0 ? "give the container both" : "start the container as root"
    warn(key, "\(lack); \(consequence); \(cure), or leave it out")
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
