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

  /// Roles that use the files of others keep capabilities; only those that walk paths of other
  /// users keep the right to act as these.
  @Test func capabilitiesAreForTheFilesOfOthers() {
    let readers: [RoleName] = [.reader, .lookup, .fileProbe]
    for role in RoleName.allCases {
      let rights = role.rights
      let writes = rights.calls.contains(.writing)
      let usesFiles = writes || readers.contains(role) || role == .socketProbe
      #expect(rights.capabilities.isEmpty == !usesFiles, "\(role.rawValue)")
      let acts = writes || role == .reader || role == .fileProbe
      #expect(rights.capabilitiesInUse.contains(.setUser) == acts, "\(role.rawValue)")
      #expect(rights.calls.contains(.acting) == acts, "\(role.rawValue)")
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
