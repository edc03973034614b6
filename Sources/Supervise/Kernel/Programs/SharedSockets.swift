internal import Linux
internal import ProgramSpec

extension SharedSocket {
  /// As the configuration has it.
  var text: String {
    switch address {
    case .unix(let path): "unix://\(path)"
    case .tcp(let endpoint): "tcp://\(endpoint.host):\(endpoint.port)"
    }
  }
}

/// The listening sockets of `[fcgi-program:x]` sections: made at the first start, kept while the
/// section is, so that a restart refuses no connection.
struct SharedSockets {
  private var descriptors: [String: Int32] = [:]

  /// The one of this section. Throws what socket(7), bind(2) and chown(2) refuse.
  mutating func descriptor(
    _ section: String, _ socket: SharedSocket
  ) throws(PathProblem) -> Int32 {
    if let descriptor = descriptors[section] { return descriptor }
    let descriptor = try open(socket)
    descriptors[section] = descriptor
    return descriptor
  }

  func isOpen(_ section: String) -> Bool { descriptors[section] != nil }

  /// The path of a unix socket stays where it is, as supervisord leaves it.
  mutating func close(_ section: String) {
    if let descriptor = descriptors.removeValue(forKey: section) { closeDescriptor(descriptor) }
  }

  private func open(_ socket: SharedSocket) throws(PathProblem) -> Int32 {
    // listen(2) takes less where the system allows less.
    let backlog = socket.backlog ?? 4096
    switch socket.address {
    case .unix(let path):
      let owner = socket.owner.map { SocketOwner(user: $0.user, group: $0.group) }
      return try listenLocally(
        path, mode: socket.mode, backlog: backlog, blocking: true, owner: owner)
    case .tcp(let endpoint):
      guard let address = NetworkAddress(listening: endpoint.host) else {
        throw .system(.notFound)
      }
      do throws(Errno) {
        return try listen(address, port: endpoint.port, backlog: backlog, blocking: true)
      } catch {
        throw .system(error)
      }
    }
  }
}
