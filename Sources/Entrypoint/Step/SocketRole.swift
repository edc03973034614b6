internal import Linux

/// Gives the socket of an fcgi program its path, so that PID 1 opens no path whose directories
/// another process may control, and connects to no socket.
///
/// PID 1 has made the socket and passes it as the role's standard input. Where the role succeeds,
/// the socket listens and the exit code is 0; else the role writes the reason to a `MemoryFile`.
package enum SocketRole {
  /// The time limit of the role in seconds, as `SharedSockets.limit` of PID 1.
  private static let limit: UInt32 = 10

  /// `PATH MODE BACKLOG uid|- gid|-`
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count == 5, let mode = UInt32(arguments[1], radix: 8),
      let backlog = Int32(arguments[2]),
      let file = MemoryFile(adopting: MemoryFile.roleDescriptor)
    else { return 2 }
    ThisProcess.setAlarm(seconds: limit)
    do throws(PathProblem) {
      _ = try listen(
        0, at: arguments[0], mode: mode, backlog: backlog,
        owner: SocketOwner(user: arguments[3], group: arguments[4]), checking: .here)
      return 0
    } catch {
      try? file.replace(with: Array((error.systemError?.name ?? error.message).utf8))
      return 1
    }
  }
}

extension SocketOwner {
  /// `-`: as it is; nil where both are.
  fileprivate init?(user: String, group: String) {
    guard user != "-" || group != "-" else { return nil }
    self.init(user: UInt32(user) ?? .max, group: UInt32(group) ?? .max)
  }
}
