import Linux
import Testing

/// The table of the rights of the roles.
@Suite struct RoleRightsTests {
  @Test func noTwoRolesShareAUser() {
    var numbers: [UInt32] = []
    for role in RoleName.allCases {
      guard case .own(let number) = role.rights.user else { continue }
      #expect(!numbers.contains(number), "\(role.rawValue)")
      // As many as `role_uid_base` reserves.
      #expect(number < 12)
      numbers.append(number)
    }
  }

  /// Those that create files for other users, and nobody else.
  @Test func onlyRolesThatWriteFilesHaveCapabilitiesWithAUserOfTheirOwn() {
    for role in RoleName.allCases {
      guard case .own = role.rights.user else { continue }
      let writes = role.rights.calls.contains(.writing)
      #expect(role.rights.capabilities.isEmpty == !writes, "\(role.rawValue)")
      #expect(role.rights.variables != .all || role == .template, "\(role.rawValue)")
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
