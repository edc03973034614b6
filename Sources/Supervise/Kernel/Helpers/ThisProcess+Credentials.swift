internal import Linux
internal import ProgramSpec

extension ThisProcess {
  /// As they are now: `[supervisord] user` has been dropped to, or changed since in the file alone.
  static var credentials: Credentials {
    var found = Credentials(
      user: effectiveUser, group: effectiveGroup, supplementaryGroups: groups)
    (found.mayChangeUser, found.mayChangeGroups) = (mayChangeUser, mayChangeGroups)
    return found
  }
}
