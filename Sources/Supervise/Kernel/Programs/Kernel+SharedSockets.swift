internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Opening the sockets of fcgi programs.
extension Kernel {
  /// True where the program needs no shared unix socket, or its socket listens. False where the
  /// start waits for the socket role, which is started if necessary, or where the start has failed.
  mutating func prepareSharedSocket(of id: InstanceID) -> Bool {
    let section = fleet.plan.node(of: id).name
    closeDeadSocket(section)
    guard sharedSockets[section] == nil, let socket = socketSettings(of: id),
      case .unix(let path) = socket.address
    else { return true }
    if sharedSockets.wait(id, for: section) { return false }
    do throws(Errno) { try bind(socket, to: path, id, section) } catch {
      deliver(.spawnFailed(id, SpawnFailure(.init(error), socket: socket, error.name)))
    }
    return false
  }

  /// The listening socket of a section. PID 1 opens a TCP socket itself, because it has no path.
  mutating func sharedSocket(
    _ section: String, _ socket: SharedSocket
  ) throws(SpawnFailure) -> Int32 {
    if let open = sharedSockets[section] { return open }
    do throws(Errno) {
      guard case .tcp(let endpoint) = socket.address,
        let address = NetworkAddress(listening: endpoint.host)
      else { throw .notFound }
      let descriptor = try listen(
        address, port: endpoint.port, backlog: socket.backlogOrDefault, blocking: true)
      sharedSockets.keep(section, descriptor)
      return descriptor
    } catch {
      throw SpawnFailure(.init(error), socket: socket, error.name)
    }
  }

  /// A program can make its socket useless for all that are started after it.
  private mutating func closeDeadSocket(_ section: String) {
    guard let descriptor = sharedSockets[section], !isListening(descriptor) else { return }
    narrator.say(
      .warning, "\(section): a program has made its socket useless; opening another one")
    closeShared(sharedSockets.take(section))
  }

  /// A child closes the socket, whose port is free for another one immediately.
  mutating func closeShared(_ descriptor: Int32?) {
    guard let descriptor else { return }
    stopListening(descriptor)
    closeInChild([descriptor])
  }

  private func socketSettings(of id: InstanceID) -> SharedSocket? {
    guard let unit = fleet.plan.node(of: id).unit,
      case .program(let program) = configuration.units[unit].work,
      case .fastCGI(let socket) = program.kind
    else { return nil }
    return socket
  }

  private mutating func bind(
    _ socket: SharedSocket, to path: String, _ id: InstanceID, _ section: String
  ) throws(Errno) {
    let descriptor = Descriptor(adopting: try makeLocalSocket(blocking: true))
    let file = Descriptor(adopting: try MemoryFile.make("socket"))
    var streams = Launch.Streams(input: descriptor.raw, output: 1, error: 2)
    streams.extra = (file.raw, MemoryFile.roleDescriptor)
    let pid = try startHelper(Launch(recipes.socket(socket, path)), streams)
    children.add(pid, .socket, role: .init(name: "socket role of \(section)"))
    sharedSockets.began(
      .init(
        section: section, socket: socket, pid: pid, descriptor: descriptor.release(),
        file: file.release(), deadline: Kernel.now.advanced(by: SharedSockets.limit), starts: [id])
    )
  }

  mutating func socketRoleEnded(_ child: EndedChild) {
    guard let binding = sharedSockets.ended(child.pid) else { return }
    guard child.how != .exited(code: 0) else {
      closeDescriptor(binding.file)
      sharedSockets.keep(binding.section, binding.descriptor)
      return spawnQueue.prepend(binding.starts)
    }
    closeShared(binding.descriptor)
    let reason = socketRoleReason(binding.file)
    fail(binding, reason ?? "its role ended (\(ExitStatus(child.how).text))")
  }

  private func socketRoleReason(_ raw: Int32) -> String? {
    let file = MemoryFile(owning: raw)
    guard let bytes = try? file.contents(limit: SharedSocket.maxReasonBytes), !bytes.isEmpty
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func abandonLateSockets() {
    for pid in sharedSockets.overdue(at: Kernel.now) {
      guard let binding = sharedSockets.ended(pid) else { continue }
      abandon(binding)
      fail(binding, "no answer in \(SharedSockets.limit.inWords)")
    }
  }

  /// Closes the socket of a section that is removed, and ends the role that binds it.
  mutating func closeSharedSocket(_ section: String) {
    closeShared(sharedSockets.take(section))
    if let binding = sharedSockets.endBinding(of: section) { abandon(binding) }
  }

  private mutating func abandon(_ binding: SharedSockets.Binding) {
    try? sendSignal(Signal.kill.number, toProcess: binding.pid)
    children.forget(binding.pid)
    closeDescriptor(binding.file)
    closeShared(binding.descriptor)
  }

  private mutating func fail(_ binding: SharedSockets.Binding, _ reason: String) {
    for id in binding.starts {
      deliver(.spawnFailed(id, SpawnFailure(.other, socket: binding.socket, reason)))
    }
  }
}

extension SharedSocket {
  /// The limit of a reason: a path, and a sentence about one of its components.
  fileprivate static let maxReasonBytes = 16 << 10
}

extension SpawnFailure {
  /// In supervisord's words. `reason` is the name of an error, or why the path was refused.
  init(_ kind: Kind, socket: SharedSocket, _ reason: String) {
    self.init(kind: kind, text: "Could not create FastCGI socket \(socket.text): \(reason)")
  }
}
