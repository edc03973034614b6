internal import Linux

/// Where the sockets for sd_notify(3) are.
enum NotificationPlace {
  case directory(NotificationDirectory)
  /// Nothing is writable: abstract names (unix(7)), which have no owner. The role refuses the
  /// messages of other users all the same.
  case abstract

  /// The first place that works, of /run, $XDG_RUNTIME_DIR, /tmp and /dev/shm.
  static func find() -> NotificationPlace {
    let candidates = [
      ThisProcess.effectiveUser == 0 ? "/run" : nil, ThisProcess.variable("XDG_RUNTIME_DIR"),
      "/tmp", "/dev/shm",
    ]
    let name = "entrypoint-notify-\(ThisProcess.identifier)"
    for case .some(let base) in candidates {
      if let directory = NotificationDirectory(name, in: base) { return .directory(directory) }
    }
    return .abstract
  }

  /// The name of one more socket. No other program can guess it. Throws EAGAIN where the machine
  /// has no random bytes yet.
  func name(_ number: Int) throws(Errno) -> String {
    switch self {
    case .directory: "\(number)-\(try randomDigits(bytes: 6))"
    case .abstract: "@entrypoint-notify-\(ThisProcess.identifier)-\(try randomDigits(bytes: 16))"
    }
  }

  /// As NOTIFY_SOCKET has it.
  func address(_ name: String) -> String {
    switch self {
    case .directory(let directory): "\(directory.path)/\(name)"
    case .abstract: name
    }
  }

  /// A socket of that name, in place of an earlier one. Throws what bind(2) and chown(2) refuse.
  func bind(_ name: String, owner: SocketOwner?) throws(Errno) -> Int32 {
    switch self {
    case .directory(let directory): try directory.bind(name, owner: owner)
    case .abstract: try bindAbstractNotificationSocket(name)
    }
  }

  func remove(_ name: String) {
    if case .directory(let directory) = self { directory.remove(name) }
  }

  func removeItself() {
    if case .directory(let directory) = self { directory.removeItself() }
  }
}
