internal import CLinux

/// The rights of each role: as which user it runs, which capabilities, which variables of the
/// container's environment and which system calls it keeps.
///
/// docs/security.md shows this table. A role that is started without a row has no rights.
package enum RoleName: String, Sendable, CaseIterable {
  case logger, gateway, events, meter, notify, probe
  /// A probe of a unix socket: see `beginLocalConnectionAsOwner`.
  case socketProbe = "socket probe"
  /// A probe of a file.
  case fileProbe = "file probe"
  /// One request to Redis on behalf of a lease.
  case redis
  case reader, lookup, socket, directory, template

  package var rights: RoleRights {
    switch self {
    // Log files belong to root, or to the user of the program that writes them. gzip(1) is started.
    case .logger:
      .own(
        7, .named(["TZ", "TZDIR", "NO_COLOR", "PATH"]),
        [.chown, .overrideAccess, .owner, .setGroup, .setUser],
        calls: [.reading, .writing, .acting, .network, .starting, .passing])
    // /metrics shows what /proc says of each process.
    case .gateway: .own(1, .named(["TZ", "TZDIR"]), calls: [.serving, .reading])
    case .events: .own(2, calls: [])
    case .meter: .own(3, calls: .reading, seesProcesses: true)
    case .probe: .own(4, calls: [.network, .reading])
    // A copy of it closes the descriptors that programs pass.
    case .notify: .own(6, calls: [.reading, .serving, .forking], seesProcesses: true)
    case .redis: .own(5, calls: [.network, .reading])
    // Once it is connected it has the rights of `probe`.
    case .socketProbe: .own(0, .named([]), RoleRights.readingAsRoot, calls: [])
    case .fileProbe: .own(13, .named([]), RoleRights.readingAsRoot, calls: [.reading, .acting])
    case .reader: .own(11, .all, RoleRights.readingAsRoot, calls: [.reading, .acting])
    // It sees the files that programs may execute.
    case .lookup: .own(12, .named([]), RoleRights.readingAsRoot, calls: .reading)
    // It connects to see whether another process listens at the path.
    case .socket:
      .own(
        10, .named([]), RoleRights.writingAsRoot,
        calls: [.reading, .writing, .acting, .network, .listening])
    case .directory: .own(8, .named([]), RoleRights.writingAsRoot, calls: .files)
    // ${NAME} in a template stands for any variable.
    case .template: .own(9, .all, RoleRights.writingAsRoot, calls: .files)
    }
  }
}

/// One row of the table.
package struct RoleRights: Sendable, Equatable {
  package enum Variables: Sendable, Equatable {
    case named([String])
    case all
  }

  /// The role's user, which no program and no other role has: this number added to the first uid of
  /// the roles.
  package var user: UInt32
  /// What the role begins with. With capabilities it uses files as root does: see
  /// `RoleName.confine`.
  package var capabilities: CapabilitySet
  package var variables: Variables
  /// The system calls besides those that every role makes.
  package var calls: SystemCalls
  /// Whether the role belongs to the group of `HiddenProcesses.viewers`.
  package var seesProcesses: Bool

  fileprivate static func own(
    _ number: UInt32, _ variables: Variables = .named([]), _ capabilities: CapabilitySet = [],
    calls: SystemCalls, seesProcesses: Bool = false
  ) -> RoleRights {
    RoleRights(
      user: number, capabilities: capabilities, variables: variables, calls: calls,
      seesProcesses: seesProcesses)
  }

  /// What creating files for other users takes.
  fileprivate static let writingAsRoot: CapabilitySet = [
    .chown, .overrideAccess, .overrideReading, .owner, .keepSetID, .setGroup, .setUser,
  ]

  /// What seeing all files takes.
  fileprivate static let readingAsRoot: CapabilitySet = [
    .overrideAccess, .overrideReading, .setGroup, .setUser,
  ]

  /// The capabilities that the role keeps once it uses files as root does.
  package var capabilitiesInUse: CapabilitySet {
    calls.contains(.acting) ? capabilities : capabilities.subtracting([.setGroup, .setUser])
  }
}

extension RoleName {
  /// What a role calls once it has started; from then on it makes no other system calls.
  ///
  /// A role with capabilities acts on files as root (setfsuid(2)). Its uid is another one, so that
  /// the kernel does not let it send signals as root.
  package func confine() {
    let rights = rights
    if !rights.capabilities.isEmpty {
      clinux_use_files_of_root(rights.capabilitiesInUse.rawValue)
    }
    // The runtime of AddressSanitizer makes other calls when it reports an error.
    #if !SANITIZE
      ThisProcess.allowOnly(rights.calls)
    #endif
  }
}

extension RoleRights.Variables {
  /// What the role keeps of an environment.
  package func kept(of environment: SharedEnvironment) -> ProgramEnvironment {
    switch self {
    case .all: ProgramEnvironment(environment)
    case .named(let names):
      ProgramEnvironment(
        environment.entries.filter { entry in names.contains { entry.hasPrefix("\($0)=") } })
    }
  }
}
