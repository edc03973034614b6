internal import Linux

/// The directory of the sockets for sd_notify(3): the supervisor alone may write to it, and every
/// user may pass through it to a socket whose name the user knows.
enum NotificationPlace {
  case directory(String)
  /// Nothing is writable: abstract names (unix(7)), which have no owner. The role refuses the
  /// messages of other users all the same.
  case abstract

  /// The first place that works, of /run, $XDG_RUNTIME_DIR, /tmp and /dev/shm.
  static func find() -> NotificationPlace {
    let candidates = [
      ThisProcess.effectiveUser == 0 ? "/run" : nil, ThisProcess.variable("XDG_RUNTIME_DIR"),
      "/tmp", "/dev/shm",
    ]
    for case .some(let base) in candidates {
      if let directory = prepare("\(base)/entrypoint-notify-\(ThisProcess.identifier)") {
        return .directory(directory)
      }
    }
    return .abstract
  }

  /// The address of one more socket, as NOTIFY_SOCKET has it. No other program can guess it.
  /// Throws EAGAIN where the machine has no random bytes yet.
  func address(_ number: Int) throws(Errno) -> String {
    switch self {
    case .directory(let path): "\(path)/\(number)-\(try randomDigits(bytes: 6))"
    case .abstract: "@entrypoint-notify-\(ThisProcess.identifier)-\(try randomDigits(bytes: 16))"
    }
  }

  func remove() {
    guard case .directory(let path) = self else { return }
    try? removeDirectory(path)
  }

  /// A directory that another user could change is never used: /tmp belongs to everybody.
  private static func prepare(_ path: String) -> String? {
    do throws(Errno) { try makeDirectory(path, mode: 0o711) } catch {
      guard error == .exists else { return nil }
    }
    guard let status = try? fileStatus(path, followingLinks: false), status.kind == .directory,
      status.user == ThisProcess.effectiveUser, status.mode & 0o022 == 0
    else { return nil }
    return path
  }
}
