internal import Linux
internal import ProgramSpec

/// `[supervisord] user=`: whom the supervisor itself runs as.
enum Privileges {
  /// The lines of the main log that says so; throws supervisord's sentence.
  static func drop(_ boot: Boot) throws(StartProblem) -> [MainLog.Line] {
    guard let wanted = boot.configuration.supervisor.user else {
      return boot.isSupervisord && ThisProcess.effectiveUser == 0 ? [rootWarning] : []
    }
    guard wanted.user != ThisProcess.effectiveUser else {
      return [.init(.information, "Set uid to user \(wanted.user) succeeded")]
    }
    guard ThisProcess.effectiveUser == 0 else {
      let problem = "Can't drop privilege as nonroot user"
      guard Boot.isAgain else { throw StartProblem(message: problem) }
      return [.init(.critical, "\(problem): a change of user= needs a new container")]
    }
    for standard: Int32 in [1, 2] { admitWriters(standard) }
    do throws(Errno) {
      try ThisProcess.become(
        user: wanted.user, group: wanted.group,
        supplementaryGroups: wanted.supplementaryGroups)
    } catch {
      throw StartProblem(message: "Can't drop privilege to uid \(wanted.user): \(error.message)")
    }
    return [.init(.information, "Set uid to user \(wanted.user) succeeded")]
  }

  private static let rootWarning = MainLog.Line(
    .critical,
    "Supervisor is running as root.  Privileges were not dropped because no user is specified "
      + "in the config file.  If you intend to run as root, you can set user=root in the config "
      + "file to avoid this message.")
}
