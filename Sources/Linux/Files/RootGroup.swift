internal import CLinux

/// Whether the group of root has members besides root among the supervised programs. Then what this
/// group may change counts as what other users may change (see `SafePath`).
package enum RootGroup {
  /// The variable by which PID 1 tells a role.
  package static let variable = "ENTRYPOINT_ROOT_GROUP_IS_SHARED"

  /// Of this process, from now on.
  package static func isShared() { clinux_share_group_of_root() }

  /// The same in a role, where PID 1 has set the variable.
  package static func takeVariable() {
    guard ThisProcess.variable(variable) != nil else { return }
    isShared()
    ThisProcess.removeVariable(variable)
  }
}
