internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Opening the sockets of fcgi programs.
extension Kernel {
  /// True where the program needs no shared socket, or its socket listens. False where the start
  /// waits for the socket role or for a port, or where the start has failed.
  mutating func prepareSharedSocket(of id: InstanceID) -> Bool {
    let section = fleet.plan.node(of: id).name
    closeDeadSocket(section)
    guard sharedSockets[section] == nil, let socket = socketSettings(of: id) else { return true }
    if sharedSockets.wait(id, for: section) { return false }
    do throws(Errno) {
      switch socket.address {
      case .tcp(let endpoint): return try listen(socket, at: endpoint, id, section)
      case .unix(let path): try bind(socket, to: path, id, section)
      }
    } catch {
      deliver(.spawnFailed(id, SpawnFailure(.init(error), socket: socket, error.name)))
    }
    return false
  }

  /// PID 1 opens a TCP socket itself, because it has no path. False where the start waits until a
  /// child has stopped the socket that was here before, also before a reload.
  private mutating func listen(
    _ socket: SharedSocket, at endpoint: Endpoint, _ id: InstanceID, _ section: String
  ) throws(Errno) -> Bool {
    do throws(Errno) {
      sharedSockets.keep(section, try open(socket, at: endpoint))
      return true
    } catch {
      guard error == .addressInUse,
        sharedSockets.awaitPort(of: socket, section, for: id, at: Kernel.now)
      else { throw error }
      return false
    }
  }

  private func open(_ socket: SharedSocket, at endpoint: Endpoint) throws(Errno) -> Int32 {
    guard let address = NetworkAddress(listening: endpoint.host) else { throw .notFound }
    return try Linux.listen(
      address, port: endpoint.port, backlog: socket.backlogOrDefault, blocking: true)
  }

  private mutating func tryPort(of section: String) {
    guard let wait = sharedSockets.endPortWait(of: section),
      case .tcp(let endpoint) = wait.socket.address
    else { return }
    do throws(Errno) {
      sharedSockets.keep(section, try open(wait.socket, at: endpoint))
      spawnQueue.prepend(wait.starts)
    } catch {
      guard error != .addressInUse || !sharedSockets.waitAgain(wait, for: section, at: Kernel.now)
      else { return }
      fail(wait.starts, SpawnFailure(.init(error), socket: wait.socket, error.name))
    }
  }

  /// A program can end listening at the socket, for all processes that share it: shutdown(2), or
  /// connect(2) with AF_UNSPEC.
  private mutating func closeDeadSocket(_ section: String) {
    guard let descriptor = sharedSockets[section], !isListening(descriptor) else { return }
    narrator.say(
      .warning,
      "\(section): a program has ended listening at the shared socket; opening another socket")
    closeShared(sharedSockets.take(section, at: Kernel.now))
  }

  /// A child closes the socket. The path of a unix socket is free for another one immediately, the
  /// port of a TCP socket once the child has stopped it.
  mutating func closeShared(_ descriptor: Int32?) {
    guard let descriptor else { return }
    let pid =
      stopListeningLocally(descriptor) ? closers.close([descriptor]) : closers.stop(descriptor)
    if let pid { children.add(pid, .closer) }
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
    if let obstacle = obstacle(to: .socket(section), "socket roles") {
      return deliver(.spawnFailed(id, SpawnFailure(.other, socket: socket, obstacle)))
    }
    let descriptor = Descriptor(adopting: try makeLocalSocket(blocking: true))
    let file = Descriptor(adopting: try MemoryFile.make("socket"))
    var streams = Launch.Streams(input: descriptor.raw, output: 1, error: 2)
    streams.extra = (file.raw, MemoryFile.roleDescriptor)
    let pid = try startHelper(Launch(recipes.socket(socket, path)), streams)
    children.add(pid, .socket(section), role: .init(name: "socket role of \(section)"))
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

  mutating func checkSharedSockets() {
    for section in sharedSockets.portsDue(at: Kernel.now) { tryPort(of: section) }
    for pid in sharedSockets.overdue(at: Kernel.now) {
      guard let binding = sharedSockets.ended(pid) else { continue }
      abandon(binding)
      fail(binding, "no answer in \(SharedSockets.limit.inWords)")
    }
  }

  /// Closes the socket of a section that is removed, and ends the role that binds it.
  mutating func closeSharedSocket(_ section: String) {
    _ = sharedSockets.endPortWait(of: section)
    closeShared(sharedSockets.take(section, at: Kernel.now))
    if let binding = sharedSockets.endBinding(of: section) { abandon(binding) }
  }

  private mutating func abandon(_ binding: SharedSockets.Binding) {
    try? sendSignal(Signal.kill.number, toProcess: binding.pid)
    children.forget(binding.pid)
    closeDescriptor(binding.file)
    closeShared(binding.descriptor)
  }

  private mutating func fail(_ binding: SharedSockets.Binding, _ reason: String) {
    fail(binding.starts, SpawnFailure(.other, socket: binding.socket, reason))
  }

  private mutating func fail(_ starts: [InstanceID], _ failure: SpawnFailure) {
    for id in starts { deliver(.spawnFailed(id, failure)) }
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
