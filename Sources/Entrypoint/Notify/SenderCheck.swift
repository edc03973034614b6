internal import Linux

/// Whether a process belongs to a program, by what the kernel vouches for: its user, its session,
/// its ancestors. A process group is no evidence, since a process can join any of its session.
struct SenderCheck {
  /// The session of the program's first process.
  var session: Int32
  /// The program's main process, where MAINPID= has named another one.
  var mainProcess: Int32?
  var user: UInt32
  /// PID 1, or what stands in for it: no process belongs to a program through it.
  var supervisor: Int32

  /// More ancestors than any program has: a chain that changes while it is read ends here.
  private static let maxDepth = 64

  /// The socket is the program's own and only its user may write to it, so a sender that has ended
  /// since counts: `systemd-notify --ready` in a wrapper lives for a moment only.
  func accepts(_ pid: Int32, _ sender: UInt32) -> Bool {
    guard pid > 0, sender == user || sender == 0 else { return false }
    guard let process = ProcessUsage.of(pid) else { return true }
    return isOfProgram(process)
  }

  /// A process may become the main process if it runs as the program's user and is one of its
  /// processes, or an orphan that this supervisor has adopted and that leads a session of its own,
  /// as daemons do.
  func acceptsAsMain(_ pid: Int32) -> Bool {
    guard pid > 1, pid != supervisor, let process = ProcessUsage.of(pid),
      let users = users(ofProcess: pid), mayRun(as: users)
    else { return false }
    if isOfProgram(process) { return true }
    return process.parent == supervisor && process.session == pid
  }

  /// A program of root's may have given up its rights.
  private func mayRun(as users: (real: UInt32, effective: UInt32)) -> Bool {
    user == 0 || (users.real == user && users.effective == user)
  }

  private func isOfProgram(_ process: ProcessUsage) -> Bool {
    var next = process
    for _ in 0..<SenderCheck.maxDepth {
      if next.session == session || next.pid == mainProcess || next.session == mainProcess {
        return true
      }
      guard next.parent > 1, next.parent != supervisor,
        let parent = ProcessUsage.of(next.parent)
      else { return false }
      next = parent
    }
    return false
  }
}
