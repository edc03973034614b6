internal import CLinux
internal import Glibc

/// The identity with which the kernel checks this process's access to files: setfsuid(2) and
/// setfsgid(2), without supplementary groups and without capabilities that overrule permissions.
package struct FileIdentity: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }

  /// The identity of the supervisor, which is root where paths are protected at all.
  package static let supervisor = FileIdentity(user: 0, group: 0)

  /// The identity of the user nobody, who has only the rights that every user has.
  static let nobody = FileIdentity(user: 65534, group: noGroup)

  /// The rights that all members of a group have; without a group those that every user has. The
  /// rights of `file`'s owner and group are not among them, even where these are nobody's.
  static func member(of group: UInt32? = nil, besides file: FileStatus? = nil) -> FileIdentity {
    let isOwner = file?.user == nobody.user
    let isInGroup = file?.group == noGroup
    return FileIdentity(
      user: isOwner ? nobody.user - 1 : nobody.user,
      group: group ?? (isInGroup ? noGroup - 1 : noGroup))
  }

  /// nogroup: the group of a user about whom nothing is known.
  private static let noGroup: UInt32 = 65534

  /// A user's own identity: the primary group from /etc/passwd. A uid without an entry there gets
  /// the group of the same number where the directory has it, and nogroup else: the group of a
  /// directory may be one of which its owner is not a member.
  package static func of(_ user: UInt32, directoryGroup: UInt32) -> FileIdentity {
    if user == 0 { return supervisor }
    let entry = Accounts.read().user(numbered: user)
    let fallback = directoryGroup == user ? directoryGroup : noGroup
    return FileIdentity(user: user, group: entry?.group ?? fallback)
  }

  /// Whether this is `member`, and stands for more than one user.
  var isAnyUser: Bool { user == FileIdentity.nobody.user || user == FileIdentity.nobody.user - 1 }

  /// The group; nil for that of a user about whom nothing is known.
  var namedGroup: UInt32? {
    group == FileIdentity.noGroup || group == FileIdentity.noGroup - 1 ? nil : group
  }

  /// Whether the permission bits let this identity read the file.
  func mayRead(_ file: FileStatus) -> Bool { has(0o444, file) }

  /// Whether the permission bits let this identity write to the file.
  func mayWrite(_ file: FileStatus) -> Bool { has(0o222, file) }

  private func has(_ right: UInt32, _ file: FileStatus) -> Bool {
    if self == .supervisor { return true }
    let bits: UInt32 = user == file.user ? 0o700 : group == file.group ? 0o070 : 0o007
    return file.mode & bits & right != 0
  }

  /// Whether this process has rights over files that its programs do not have, and so must not be
  /// led by others: it uses files as root, which owns most of them, or has a capability that
  /// overrules permissions. A process of an ordinary user can do nothing that its programs, which
  /// have the same uid, cannot do.
  package static var isPrivileged: Bool {
    clinux_file_uid() == 0 || clinux_may_use_foreign_files() != 0
  }

  /// Runs `body` with this identity. Where the kernel refuses it with EPERM, for want of
  /// capabilities or because the user namespace does not know the uid, no program can be started
  /// with it either, and the process keeps its own. Any other failure is thrown.
  func perform<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
    guard FileIdentity.isPrivileged, self != FileIdentity.ofThisProcess else { return try body() }
    let result = clinux_act_as(user, group)
    if result == -EPERM { return try body() }
    _ = try checked(result)
    defer { clinux_act_as_self() }
    return try body()
  }

  /// With which this process uses files: root in a role that uses files as root does.
  package static var ofThisProcess: FileIdentity {
    FileIdentity(user: clinux_file_uid(), group: clinux_file_gid())
  }
}
