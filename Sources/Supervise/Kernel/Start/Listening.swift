internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Every socket we listen on, opened while we still have all our rights.
struct Listening {
  var control: (path: String, descriptor: Int32)?
  var servers: [ServerSocket] = []
  /// For the main log, once there is one.
  var lines: [MainLog.Line] = []

  static func open(_ boot: Boot) throws(StartProblem) -> Listening {
    var listening = Listening()
    try listening.openControl(boot)
    guard case .everything = boot.mode else { return listening }
    for server in boot.configuration.servers {
      listening.servers.append(try ServerSocket.open(server))
    }
    return listening
  }

  /// A socket that cannot be made in a read-only place is no reason not to start: everything but
  /// the command line works without it. Nor is one that is in use where supervisord is meant: two
  /// of those with nothing in common may run side by side.
  private mutating func openControl(_ boot: Boot) throws(StartProblem) {
    let path = boot.controlPath
    do throws(Errno) {
      control = (path, try listenLocally(path, mode: 0o600))
      if let owner = boot.configuration.supervisor.user {
        try? changeOwner(of: path, user: owner.user, group: owner.group)
      }
    } catch {
      guard error != .addressInUse || boot.isSupervisord else {
        throw StartProblem(message: "control socket \(path) is in use: is another one running?")
      }
      lines.append(.init(.warning, "no control socket at \(path): \(error.message)"))
    }
  }
}
