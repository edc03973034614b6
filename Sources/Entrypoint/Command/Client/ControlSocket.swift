internal import Linux

/// Where the control socket is, for those who open it and those who look for it.
package enum ControlSocket {
  /// `-s`, `$ENTRYPOINT_SOCKET`, `control=`, `/run/entrypoint.sock`; for a user other than root
  /// `$XDG_RUNTIME_DIR/entrypoint.sock` or `/tmp/entrypoint-UID.sock`.
  package static func path(given: String?, configured: String?) -> String {
    path(
      given: given, configured: configured, user: ThisProcess.effectiveUser,
      variable: ThisProcess.variable)
  }

  package static func path(
    given: String?, configured: String?, user: UInt32, variable: (String) -> String?
  ) -> String {
    let wished = variable("ENTRYPOINT_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
    if let named = given ?? wished ?? configured { return named }
    if user == 0 { return "/run/entrypoint.sock" }
    if let directory = variable("XDG_RUNTIME_DIR") { return "\(directory)/entrypoint.sock" }
    return "/tmp/entrypoint-\(user).sock"
  }
}
