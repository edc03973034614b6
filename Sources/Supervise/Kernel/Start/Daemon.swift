internal import Linux
internal import ProgramSpec

/// Into the background, as supervisord goes without `nodaemon`, and to our place.
enum Daemon {
  /// supervisord knows `directory` and `umask` only as a daemon; in the foreground, which is all
  /// that a container has, we do what the keys say when we are called by our own name.
  static func begin(_ boot: Boot) throws(Errno) {
    let supervisor = boot.configuration.supervisor
    if boot.becomesDaemon {
      try ThisProcess.becomeDaemon()
      ThisProcess.setUmask(supervisor.umask ?? 0o022)
    } else if boot.isSupervisord {
      return
    }
    if let umask = supervisor.umask { ThisProcess.setUmask(umask) }
    if let directory = supervisor.directory { try ThisProcess.changeDirectory(directory) }
  }
}
