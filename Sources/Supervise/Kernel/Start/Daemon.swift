internal import Linux
internal import ProgramSpec

/// Into the background, as supervisord goes without `nodaemon`.
enum Daemon {
  /// `directory` and `umask` of the daemon apply here and only here (supervisord, 1.10).
  static func begin(_ supervisor: Supervisor) throws(Errno) {
    try ThisProcess.becomeDaemon()
    if let directory = supervisor.directory { try ThisProcess.changeDirectory(directory) }
    ThisProcess.setUmask(supervisor.umask)
  }
}
