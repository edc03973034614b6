internal import CLinux

extension ThisProcess {
  /// For a role that has everything it will ever need: root becomes 65534, called nobody nearly
  /// everywhere, and nothing that is started gains rights (PR_SET_NO_NEW_PRIVS). Throws EINVAL in
  /// a user namespace that does not know that number.
  package static func dropRights() throws(Errno) {
    _ = try checked(clinux_drop_rights(65534, 65534))
  }
}
