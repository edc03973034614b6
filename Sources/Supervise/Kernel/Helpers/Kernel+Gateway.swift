internal import GatewayProtocol
internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The gateway: its sockets are ours, so that it may die without refusing anybody.
extension Kernel {
  /// supervisord's number: what asks for it expects that behaviour.
  static let compatibleVersion = "4.3.0"

  mutating func introduceGateway() {
    let identity = GatewayIdentity(
      identifier: configuration.supervisor.identifier, version: Kernel.compatibleVersion,
      hostName: source?.surroundings.hostName ?? "", isSupervisord: isSupervisord)
    tell(.gateway, GatewayMessage.identity(identity).encoded)
    for server in servers {
      tell(.gateway, GatewayMessage.serve(server.listener).encoded, passing: server.descriptor)
    }
  }

  mutating func heard(_ message: GatewayMessage) {
    switch message {
    case .request(let origin, let number): openStream(ClientOrigin(origin), number)
    case .report(let report): publish(report)
    case .serve, .identity, .finish, .stream, .noStream: break
    }
  }

  private mutating func openStream(_ origin: ClientOrigin, _ number: UInt64) {
    // A gateway that does not read what it requests would use up the descriptors.
    guard helpers[.gateway].link.waitingCount < ClientShares.total else { return }
    do throws(Errno) {
      let (ours, theirs) = try makeStreamPair()
      admit(ours, origin)
      tell(
        .gateway, GatewayMessage.stream(number: number).encoded, passing: theirs, closing: true)
    } catch {
      tell(.gateway, GatewayMessage.noStream(number: number).encoded)
    }
  }

  mutating func take(_ listening: Listening) {
    closeInChild(listening.unused)
    control = listening.control
    watchControl()
    servers = listening.servers
    // supervisord opens those of its networks first, and says so for each.
    let inOrder = servers.filter { !$0.listener.isUnix } + servers.filter(\.listener.isUnix)
    for server in inOrder {
      narrator.say(.information, "RPC interface 'supervisor' initialized")
      if let line = server.warning { narrator.say(.critical, line) }
    }
    startIfNeeded(.gateway)
    beginWatchingConnections()
  }
}

/// One listening socket of the gateway.
struct ServerSocket {
  var descriptor: Int32
  var listener: GatewayListener
  /// As it is known when everything begins again.
  var name: String
  /// Of its file, as it was bound; 0 where it has none.
  var inode: UInt64 = 0

  /// supervisord's.
  var warning: String? {
    guard listener.login == nil else { return nil }
    let kind = listener.isUnix ? "unix_http_server" : "inet_http_server"
    return "Server '\(kind)' running without any HTTP authentication checking"
  }

  static func open(
    _ server: HTTPServer, _ kept: inout KeptSockets
  ) throws(StartProblem) -> ServerSocket {
    var opened: ServerSocket
    switch server.address {
    case .unix(let path, let mode, let owner, let group):
      let old = kept.take(.unix, path)
      opened = try open(path, mode: mode, (owner, group), old)
    case .inet(let host, let port):
      let old = kept.take(.inet, server.socketName)
      opened = try open(host, port, old)
      opened.name = server.socketName
    }
    if case .basic(let username, let password) = server.authentication {
      opened.listener.login = .init(username: username, password: password)
    }
    opened.listener.allowedHosts = server.allowedHosts
    return opened
  }

  /// The numbers of `owner` are those of `chown`, where one below zero is not written.
  private static func open(
    _ path: String, mode: UInt32, _ owner: (user: Int64, group: Int64), _ old: KeptSockets.Entry?
  ) throws(StartProblem) -> ServerSocket {
    let (descriptor, inode) = try opening { () throws(PathProblem) in
      guard let old else {
        return try listenLocally(path, mode: mode, backlog: 1024, owner: SocketOwner(owner))
      }
      try? changeSocket(
        path, inode: old.inode, mode: mode,
        SocketOwner(
          user: owner.user < 0 ? ThisProcess.effectiveUser : UInt32(owner.user),
          group: owner.group < 0 ? ThisProcess.effectiveGroup : UInt32(owner.group)))
      return (old.descriptor, old.inode)
    }
    let listener = GatewayListener(name: path, isUnix: true)
    return ServerSocket(descriptor: descriptor, listener: listener, name: path, inode: inode)
  }

  private static func open(
    _ host: String, _ port: UInt16, _ old: KeptSockets.Entry?
  ) throws(StartProblem) -> ServerSocket {
    guard let address = NetworkAddress(listening: host) else {
      throw StartProblem(
        message: "cannot listen at \(host):\(port): write an address instead of the name")
    }
    let descriptor = try opening { () throws(PathProblem) in
      if let old { return old.descriptor }
      do throws(Errno) { return try listen(address, port: port) } catch {
        throw PathProblem.system(error)
      }
    }
    let listener = GatewayListener(name: "\(host):\(port)", isUnix: false)
    return ServerSocket(descriptor: descriptor, listener: listener, name: listener.name)
  }

  /// In supervisord's words.
  private static func opening<Value>(
    _ open: () throws(PathProblem) -> Value
  ) throws(StartProblem) -> Value {
    do { return try open() } catch {
      guard let error = error.systemError else {
        throw StartProblem(message: "Cannot open an HTTP server: \(error.message)")
      }
      throw StartProblem(
        message: error == .addressInUse
          ? "Another program is already listening on a port that one of our HTTP servers is "
            + "configured to use.  Shut this program down first before starting supervisord."
          : "Cannot open an HTTP server: socket.error reported errno.\(error.name) (\(error.code))")
    }
  }
}

extension SocketOwner {
  /// Of `chown`, in which a number below zero stands for what is not written; nil where neither is.
  fileprivate init?(_ written: (user: Int64, group: Int64)) {
    guard written.user >= 0 || written.group >= 0 else { return nil }
    // chown(2) leaves what is all ones.
    self.init(
      user: UInt32(truncatingIfNeeded: written.user),
      group: UInt32(truncatingIfNeeded: written.group))
  }
}

extension HTTPServer {
  /// The same for all ways to write one address and port; of a unix socket its path.
  var socketName: String {
    switch address {
    case .unix(let path, _, _, _): path
    case .inet(let host, let port):
      "\(NetworkAddress(listening: host).map { "\($0)" } ?? host):\(port)"
    }
  }
}

extension NetworkAddress {
  /// Nothing and `*` mean every IPv4 address, as in supervisord.
  init?(listening host: String) {
    switch host {
    case "", "*": self.init("0.0.0.0")
    case "localhost": self.init("127.0.0.1")
    case _ where host.hasPrefix("[") && host.hasSuffix("]"):
      self.init(String(host.dropFirst().dropLast()))
    default: self.init(host)
    }
  }
}
