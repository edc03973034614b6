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

  @Test(
    arguments: [
      ("         0          0 4294967295\n", true, true), ("0 100000 65536\n", false, true),
      ("0 1000 1\n1 100000 65519", false, false), ("0 0 65536\n", false, true), ("", false, false),
      ("0 100000 65530\n", false, false),
    ] as [(String, Bool, Bool)])
  func mapsOfUserNamespaces(_ text: String, _ isFirst: Bool, _ includesRoles: Bool) {
    let map = IdentifierMap(text)
    #expect(map.isOfFirstNamespace == isFirst)
    #expect(map.includes(65_520, through: 65_533) == includesRoles)
  }

  /// The last mount at /proc is the visible one.
  @Test(
    arguments: [
      ("proc /proc proc rw,nosuid,hidepid=invisible,gid=4242 0 0", 4242),
      ("proc /proc proc rw,gid=7 0 0\nproc /proc proc rw,hidepid=2 0 0", nil),
      ("proc /proc proc rw,hidepid=2 0 0\nproc /proc proc rw,gid=8,hidepid=2 0 0", 8),
      ("proc /proc proc rw,hidepid=noaccess,gid=9 0 0", 9),
      ("proc /proc proc rw,hidepid=ptraceable,gid=7 0 0", nil),
      ("proc /proc proc rw,gid=7,hidepid=4 0 0", nil), ("proc /proc proc rw,gid=7 0 0", nil),
      ("proc /proc proc rw,hidepid=2,gid=0 0 0", nil),
      ("proc /proc proc rw,hidepid=2,gid=x 0 0", nil),
      ("proc /other/proc proc rw,hidepid=2,gid=7 0 0", nil),
      ("tmpfs /proc tmpfs rw,hidepid=2,gid=7 0 0", nil),
      ("proc /proc proc", nil), ("", nil),
    ] as [(String, UInt32?)])
  func theGroupThatSeesAllProcessesIsAnOptionOfProc(_ mounts: String, _ group: UInt32?) {
    let groups = IdentifierMap("0 0 4294967295\n")
    #expect(HiddenProcesses.viewers(mounts: mounts, groups: groups) == group)
  }

  /// The kernel shows the number that the group has in the first user namespace.
  @Test(arguments: ["0 100000 65536\n", "0 1000 1\n", nil])
  func noGroupSeesAllProcessesInAUserNamespace(_ map: String?) {
    let mounts = "proc /proc proc rw,hidepid=2,gid=4242 0 0"
    #expect(HiddenProcesses.viewers(mounts: mounts, groups: map.map(IdentifierMap.init)) == nil)
  }
}
