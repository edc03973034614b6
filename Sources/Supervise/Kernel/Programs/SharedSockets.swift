internal import Linux
internal import ProgramSpec
internal import SuperviseCore

extension SharedSocket {
  /// As the configuration has it.
  var text: String {
    switch address {
    case .unix(let path): "unix://\(path)"
    case .tcp(let endpoint): "tcp://\(endpoint.host):\(endpoint.port)"
    }
  }

  /// listen(2) takes less where the system allows less.
  var backlogOrDefault: Int32 { backlog ?? 4096 }
}

/// The listening sockets of `[fcgi-program:x]` sections: made at the first start, kept while the
/// section is, so that a restart refuses no connection.
///
/// PID 1 makes a socket, and the socket role gives it its path: another process may control the
/// path's directories, and listen there already.
struct SharedSockets {
  /// How long PID 1 waits for the role.
  static let limit = Duration.seconds(10)

  /// A socket whose path the role is binding, and the starts that wait for it.
  struct Binding {
    var section: String
    var socket: SharedSocket
    var pid: Int32
    var descriptor: Int32
    /// Where the role writes why it has failed.
    var file: Int32
    var deadline: Instant
    var starts: [InstanceID]
  }

  private var descriptors: [String: Int32] = [:]
  private var bindings: [Binding] = []

  /// The open socket of this section.
  subscript(section: String) -> Int32? { descriptors[section] }

  var nextDeadline: Instant? { bindings.lazy.map(\.deadline).min() }

  mutating func keep(_ section: String, _ descriptor: Int32) { descriptors[section] = descriptor }

  /// The socket of a section that is to be closed; nil: there is none. The path of a unix socket
  /// stays where it is, as supervisord leaves it.
  ///
  /// Its close may wait. A program that shares the socket may have made a connection with SO_LINGER
  /// of it (connect(2), AF_UNSPEC), or passed descriptors at connections that nobody has accepted.
  mutating func take(_ section: String) -> Int32? { descriptors.removeValue(forKey: section) }

  /// All of them.
  mutating func takeAll() -> [Int32] {
    defer { descriptors = [:] }
    return Array(descriptors.values)
  }

  /// False where no role binds the path of this section.
  mutating func wait(_ id: InstanceID, for section: String) -> Bool {
    guard let index = bindings.firstIndex(where: { $0.section == section }) else { return false }
    bindings[index].starts.append(id)
    return true
  }

  mutating func began(_ binding: Binding) { bindings.append(binding) }

  /// The start is no longer requested.
  mutating func cancel(_ id: InstanceID) {
    for index in bindings.indices { bindings[index].starts.removeAll { $0 == id } }
  }

  /// The role has ended, or is no longer waited for. The caller owns the descriptors.
  mutating func ended(_ pid: Int32) -> Binding? {
    guard let index = bindings.firstIndex(where: { $0.pid == pid }) else { return nil }
    return bindings.remove(at: index)
  }

  /// Takes the binding of this section out of the table. The caller owns the descriptors.
  mutating func endBinding(of section: String) -> Binding? {
    bindings.first { $0.section == section }.flatMap { ended($0.pid) }
  }

  /// The pids of the roles whose time is over.
  func overdue(at now: Instant) -> [Int32] {
    bindings.filter { $0.deadline <= now }.map(\.pid)
  }
}
