internal import CLinux

/// The group of root, gid 0. Where a supervised program of another user is a member, directories
/// that this group may change count as directories that other users may change (see `SafePath`).
package enum RootGroup {
  /// The environment variable by which PID 1 tells a role that the group has such a member.
  package static let variable = "ENTRYPOINT_ROOT_GROUP_IS_SHARED"

  /// From now on this process does not trust the group.
  package static func markAsShared() { clinux_share_group_of_root() }

  /// Whether `markAsShared` has been called.
  static var isShared: Bool { clinux_group_of_root_is_shared() != 0 }

  /// The same in a role, if PID 1 has set the variable. Removes it, so that a command that the role
  /// starts does not inherit it.
  package static func takeVariable() {
    guard ThisProcess.variable(variable) != nil else { return }
    markAsShared()
    ThisProcess.removeVariable(variable)
  }
}
