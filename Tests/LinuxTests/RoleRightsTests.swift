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

  @Test func aRoleWithAUserOfItsOwnHasNoCapability() {
    for role in RoleName.allCases {
      guard case .own = role.rights.user else { continue }
      #expect(role.rights.capabilities.isEmpty, "\(role.rawValue)")
      #expect(role.rights.variables != .all, "\(role.rawValue)")
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
