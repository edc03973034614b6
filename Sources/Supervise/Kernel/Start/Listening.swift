internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The socket at which PID 1 accepts control connections.
struct ControlSocket {
  /// A path, or a name in the abstract namespace behind `@`.
  var path: String
  var descriptor: Int32
  /// Of its file, as it was bound; 0 where it has none.
  var inode: UInt64
}

/// Every socket we listen on, opened while we still have all our rights.
struct Listening {
  var control: ControlSocket?
  var servers: [ServerSocket] = []
  /// For the main log, once there is one.
  var lines: [MainLog.Line] = []
  /// Unix sockets that are not used any more.
  private(set) var unused: [Int32] = []
  private var kept = Boot.keptSockets

  static func open(_ boot: Boot) throws(StartProblem) -> Listening {
    var listening = Listening()
    var servers: [HTTPServer] = []
    if case .everything = boot.mode { servers = boot.configuration.servers }
    listening.unused = listening.kept.close { entry in
      entry.kind == .control
        ? [boot.controlPath, boot.fallbackName].contains(entry.name)
        : servers.contains { $0.isServed(by: entry) }
    }
    try listening.openControl(boot)
    for server in servers { try listening.open(server) }
    return listening
  }

  /// A socket that cannot be made in a read-only place is no reason not to start: there is the
  /// fallback. Nor is one that is in use where supervisord is meant: two of those with nothing in
  /// common may run side by side.
  private mutating func openControl(_ boot: Boot) throws(StartProblem) {
    let path = boot.controlPath
    let old = kept.take(.control, path)
    do throws(PathProblem) {
      let owner = boot.configuration.supervisor.user.map {
        SocketOwner(user: $0.user, group: $0.group)
      }
      if let old {
        control = ControlSocket(path: path, descriptor: old.descriptor, inode: old.inode)
        if let owner { try? changeSocket(path, inode: old.inode, mode: 0o600, owner) }
      } else {
        let (socket, inode) = try listenLocally(path, mode: 0o600, owner: owner)
        control = ControlSocket(path: path, descriptor: socket, inode: inode)
      }
      if let unused = kept.take(.control, boot.fallbackName) {
        self.unused.append(unused.descriptor)
      }
    } catch {
      guard error != .system(.addressInUse) || boot.isSupervisord || Boot.isAgain else {
        throw StartProblem(message: "control socket \(path) is in use: is another one running?")
      }
      openFallback(boot, error)
    }
  }

  private mutating func openFallback(_ boot: Boot, _ cause: PathProblem) {
    var problem = "no control socket at \(boot.controlPath): \(cause.message)"
    defer { lines.append(.init(.warning, problem)) }
    guard cause != .system(.addressInUse) else { return }
    do throws(Errno) {
      let old = kept.take(.control, boot.fallbackName)?.descriptor
      let socket = if let old { old } else { try FallbackSocket.listen(for: boot.controlPath) }
      control = ControlSocket(path: boot.fallbackName, descriptor: socket, inode: 0)
      problem += "; listening at the abstract socket \(boot.fallbackName) instead"
    } catch {
      problem += "; nor at the abstract socket \(boot.fallbackName): \(error.message)"
    }
  }

  /// One that has come with a reload, and cannot be had, must not end a container that ran.
  private mutating func open(_ server: HTTPServer) throws(StartProblem) {
    do throws(StartProblem) {
      servers.append(try ServerSocket.open(server, &kept))
    } catch {
      guard Boot.isAgain else { throw error }
      lines.append(.init(.critical, error.message))
    }
  }
}

extension Boot {
  /// Of the control socket without a file, as `KeptSockets` and messages name it.
  fileprivate var fallbackName: String { "@\(FallbackSocket.name(for: controlPath))" }
}

extension HTTPServer {
  fileprivate func isServed(by entry: KeptSockets.Entry) -> Bool {
    switch address {
    case .unix(let path, _, _, _): entry.kind == .unix && entry.name == path
    case .inet: entry.kind == .inet && entry.name == socketName
    }
  }
}
