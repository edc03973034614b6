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

  /// Starts that wait for a TCP port, which a closed socket still holds. There is at least one.
  struct PortWait {
    let socket: SharedSocket
    var starts: [InstanceID]
    var nextTry: Instant

    /// Between two attempts.
    static let pause = Duration.milliseconds(20)
  }

  /// How long after its close a socket may hold its port.
  private static let portLimit = Duration.seconds(5)

  private var descriptors: [String: Int32] = [:]
  /// By section.
  private var ports: [String: PortWait] = [:]
  private var bindings: [Binding] = []
  /// A socket that has been closed here may hold its port until then.
  private var portsEnd: Instant

  /// `hasPredecessor`: the PID 1 from before a reload has just closed its sockets.
  init(hasPredecessor: Bool, at now: Instant) {
    portsEnd = hasPredecessor ? now.advanced(by: SharedSockets.portLimit) : now
  }

  /// The open socket of this section.
  subscript(section: String) -> Int32? { descriptors[section] }

  var nextDeadline: Instant? {
    [bindings.lazy.map(\.deadline).min(), ports.values.lazy.map(\.nextTry).min()]
      .compactMap(\.self).min()
  }

  mutating func keep(_ section: String, _ descriptor: Int32) {
    descriptors[section] = descriptor
  }

  /// The start waits for the port as the first one of its section. False where no closed socket
  /// holds the port.
  mutating func awaitPort(
    of socket: SharedSocket, _ section: String, for id: InstanceID, at now: Instant
  ) -> Bool {
    guard now < portsEnd else { return false }
    ports[section] = PortWait(
      socket: socket, starts: [id], nextTry: now.advanced(by: PortWait.pause))
    return true
  }

  /// The sections whose ports are to be tried now. The caller ends each wait by `endPortWait`, and
  /// may continue it by `waitAgain`.
  func portsDue(at now: Instant) -> [String] {
    ports.filter { $0.value.nextTry <= now }.map(\.key)
  }

  /// Takes the wait of a section out of the table.
  mutating func endPortWait(of section: String) -> PortWait? { ports.removeValue(forKey: section) }

  /// Continues a wait. False where no closed socket holds the port any more: the caller then fails
  /// the starts.
  mutating func waitAgain(_ wait: PortWait, for section: String, at now: Instant) -> Bool {
    guard now < portsEnd else { return false }
    ports[section] = wait
    ports[section]?.nextTry = now.advanced(by: PortWait.pause)
    return true
  }

  /// The socket of a section that is to be closed; nil: there is none. The path of a unix socket
  /// stays where it is, as supervisord leaves it.
  ///
  /// Its close may wait. A program that shares the socket may have made a connection with SO_LINGER
  /// of it (connect(2), AF_UNSPEC), or passed descriptors at connections that nobody has accepted.
  mutating func take(_ section: String, at now: Instant) -> Int32? {
    let descriptor = descriptors.removeValue(forKey: section)
    if descriptor != nil { portsEnd = now.advanced(by: SharedSockets.portLimit) }
    return descriptor
  }

  /// All of them.
  mutating func takeAll() -> [Int32] {
    defer { descriptors = [:] }
    return Array(descriptors.values)
  }

  /// False where no role binds the path of this section, and no start waits for its port.
  mutating func wait(_ id: InstanceID, for section: String) -> Bool {
    if ports[section] != nil {
      ports[section]?.starts.append(id)
      return true
    }
    guard let index = bindings.firstIndex(where: { $0.section == section }) else { return false }
    bindings[index].starts.append(id)
    return true
  }

  mutating func began(_ binding: Binding) { bindings.append(binding) }

  /// The start is no longer requested.
  mutating func cancel(_ id: InstanceID) {
    for index in bindings.indices { bindings[index].starts.removeAll { $0 == id } }
    for section in ports.keys { ports[section]?.starts.removeAll { $0 == id } }
    ports = ports.filter { !$0.value.starts.isEmpty }
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
