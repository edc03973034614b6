internal import Linux
internal import ProgramSpec

/// The users that roles run as: numbers that no program has, so that no program may signal a role.
struct RoleUsers {
  /// The uid of the first role; nil: every role runs as the supervisor's own user.
  private var base: UInt32?
  /// A role has executed the binary as one of these users.
  var haveBeenExecuted = false
  /// Why `base` is nil.
  private let obstacle: String?
  /// `HiddenProcesses.viewers` at the begin of the supervisor; nil: no role gets a further group.
  /// Inside the loop PID 1 does not read the list of mounts: users of FUSE choose names in it.
  private let processViewers: UInt32?

  static let none = RoleUsers(base: nil, obstacle: nil)

  private init(base: UInt32?, obstacle: String?, processViewers: UInt32? = nil) {
    self.base = base
    self.obstacle = obstacle
    self.processViewers = processViewers
  }

  /// Looks at the machine once, before the loop begins.
  init(for configuration: Configuration) {
    let base = RoleUsers.base(for: configuration)
    guard let problem = RoleUsers.problem(with: base) else {
      self.init(base: base, obstacle: nil, processViewers: HiddenProcesses.viewers)
      return
    }
    self.init(
      base: nil, obstacle: "roles run as uid \(ThisProcess.effectiveUser): \(problem)")
  }

  /// For the main log: in a container without root that is nothing to act on.
  func lines(_ boot: Boot) -> [MainLog.Line] {
    var lines: [MainLog.Line] = []
    let isUsual = boot.isSupervisord || ThisProcess.effectiveUser != 0
    if let obstacle { lines.append(.init(isUsual ? .debug : .information, obstacle)) }
    if ThisProcess.effectiveUser == 0, ThisProcess.mayChangeUser, !ThisProcess.maySignalAll {
      let consequence =
        "this root lacks CAP_KILL: the supervisor can neither stop nor kill programs and roles "
        + "that run as other users"
      lines.append(.init(boot.isSupervisord ? .debug : .warning, consequence))
    }
    if !ThisProcess.canFilterCalls {
      lines.append(.init(.debug, "roles may make any system call: this kernel has no seccomp(2)"))
    }
    return lines
  }

  func rights(of role: RoleName) -> ReducedRights {
    let rights = role.rights
    return ReducedRights(
      user: base.map { $0 + rights.user }, group: rights.seesProcesses ? processViewers : nil,
      capabilities: rights.capabilities)
  }

  /// After a role that could not be executed: the host may limit the processes of a user, or who
  /// may execute the binary, in ways that `problem` does not see.
  ///
  /// Returns the line for the main log; nil where the roles have no users of their own already.
  mutating func giveUp() -> String? {
    guard let base else { return nil }
    self.base = nil
    return
      "roles run as uid \(ThisProcess.effectiveUser): none could be started as one of the uids "
      + "from \(base) on; is there a limit of processes (nproc)?"
  }

  func includes(_ user: UInt32) -> Bool {
    guard let base, user >= base else { return false }
    return user - base < Supervisor.roleUserCount
  }

  /// Why a configuration cannot be taken while the roles run: it would start a program that may
  /// signal a role. nil: it can.
  func conflict(with configuration: Configuration) -> String? {
    for unit in configuration.units {
      guard let user = unit.users.first(where: includes) else { continue }
      return "\(unit.name): uid \(user) belongs to a role: use reload, which moves the roles, or "
        + "another uid"
    }
    return nil
  }

  // MARK: The choice

  /// How many ranges are tried where the configuration names none.
  private static let attempts: UInt32 = 64

  private static func base(for configuration: Configuration) -> UInt32 {
    if let base = configuration.supervisor.roleUserBase { return base }
    let taken = configuration.units.flatMap(\.users)
    let size = Supervisor.roleUserCount
    let bases = (0..<attempts).map { Supervisor.usualRoleUserBase - $0 * size }
    return bases.first { base in !taken.contains { (base..<(base + size)).contains($0) } }
      ?? Supervisor.usualRoleUserBase
  }

  private static func problem(with base: UInt32) -> String? {
    guard ThisProcess.effectiveUser == 0 else {
      return "only root can give them users of their own"
    }
    guard ThisProcess.mayChangeUser, ThisProcess.mayChangeGroups else {
      return "this root lacks CAP_SETUID or CAP_SETGID"
    }
    let last = base + Supervisor.roleUserCount - 1
    // Without /proc the maps are unknown and count as sufficient.
    for map in [IdentifierMap.users, .groups] where map?.includes(base, through: last) == false {
      return "the user namespace does not map \(base) to \(last)"
    }
    return isExecutableByAll ? nil : "other users may not execute \(executable)"
  }

  private static var executable: String { ThisProcess.ownExecutable }

  /// The kernel checks the mode of the file behind /proc/self/exe, and no directory. Without /proc
  /// it checks every directory of the path.
  private static var isExecutableByAll: Bool {
    guard executable != "/proc/self/exe" else { return isOpen(executable) }
    guard executable.hasPrefix("/") else { return false }
    var path = ""
    for name in executable.split(separator: "/") {
      path += "/\(name)"
      guard isOpen(path) else { return false }
    }
    return true
  }

  private static func isOpen(_ path: String) -> Bool {
    guard let status = try? fileStatus(path) else { return false }
    return status.mode & 0o001 != 0
  }
}

extension Unit {
  /// The uids that its processes get.
  fileprivate var users: [UInt32] { identities.map(\.user) }
}
