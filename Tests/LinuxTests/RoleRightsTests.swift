import Linux
import Testing

/// The table of the rights of the roles.
@Suite struct RoleRightsTests {
  @Test func noTwoRolesShareAUser() {
    var numbers: [UInt32] = []
    for role in RoleName.allCases {
      let number = role.rights.user
      #expect(!numbers.contains(number), "\(role.rawValue)")
      // As many as `role_uid_base` reserves.
      #expect(number < 14)
      numbers.append(number)
    }
  }

  /// Roles that use the files of others keep capabilities; only those that create files keep the
  /// right to act as another user.
  @Test func capabilitiesAreForTheFilesOfOthers() {
    let readers: [RoleName] = [.reader, .lookup, .fileProbe]
    for role in RoleName.allCases {
      let rights = role.rights
      let writes = rights.calls.contains(.writing)
      let usesFiles = writes || readers.contains(role) || role == .socketProbe
      #expect(rights.capabilities.isEmpty == !usesFiles, "\(role.rawValue)")
      #expect(rights.capabilitiesInUse.contains(.setUser) == writes, "\(role.rawValue)")
      #expect(rights.variables != .all || [.template, .reader].contains(role), "\(role.rawValue)")
    }
  }

  @Test func onlyNamedVariablesAreKept() {
    let environment = SharedEnvironment(["TZ=UTC", "SECRET=x", "TZ_OTHER=y", "=", "PATH=/bin"])
    #expect(
      RoleName.logger.rights.variables.kept(of: environment).entries == ["TZ=UTC", "PATH=/bin"])
    #expect(RoleName.probe.rights.variables.kept(of: environment).entries.isEmpty)
    #expect(RoleName.template.rights.variables.kept(of: environment).entries.count == 5)
  }
}
