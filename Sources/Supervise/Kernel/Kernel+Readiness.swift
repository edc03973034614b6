internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Readiness that programs announce by themselves: sd_notify(3), and a newline on a descriptor.
extension Kernel {
  /// One socket for all: who speaks is known from the credentials the kernel adds.
  mutating func openNotifySocket() {
    guard notifySocket == nil else { return }
    let path = "\(runtimeDirectory())/entrypoint-notify-\(ThisProcess.identifier).sock"
    do {
      let descriptor = try bindDatagrams(path, mode: 0o666)
      notifySocket = (path, descriptor)
      try watch(descriptor, .notify)
    } catch {
      narrator.say(.critical, "no socket for ready=notify at \(path): \(error.message)")
    }
  }

  mutating func readNotifications() {
    guard let socket = notifySocket?.descriptor else { return }
    while let (count, sender) = try? receiveDatagram(socket, into: &buffer) {
      let lines = buffer[..<count].split(separator: UInt8(ascii: "\n"))
      guard lines.contains(where: { $0.elementsEqual("READY=1".utf8) }) else { continue }
      if let id = instance(of: sender) { deliver(.announcedReadiness(id)) }
    }
  }

  /// The program itself, or any process of its group: a wrapper may speak for it.
  private func instance(of pid: Int32) -> InstanceID? {
    if case .instance(let id) = children[pid] { return id }
    guard let group = processGroup(of: pid), case .instance(let id) = children[group] else {
      return nil
    }
    return id
  }

  /// The read end of `ready=fd:N`. A program whose announcement cannot be heard runs all the same,
  /// until `ready_timeout`.
  mutating func watchReadiness(_ descriptor: Int32, of id: InstanceID) {
    do throws(Errno) { try watch(descriptor, .readiness(id, descriptor)) } catch {
      closeDescriptor(descriptor)
      narrator.say(
        .error, "\(name(of: id)): the pipe of its readiness cannot be watched: \(error.message)")
    }
  }

  mutating func readinessChanged(_ id: InstanceID, _ descriptor: Int32, _ token: Token) {
    let count: Int
    do throws(Errno) { count = try readBytes(descriptor, into: &buffer) } catch {
      // A process that shares the pipe has read it empty: another write may come.
      guard error != .wouldBlock else { return }
      count = 0
    }
    let isNewline = buffer[..<count].contains(UInt8(ascii: "\n"))
    guard isNewline || count == 0 else { return }
    unwatch(descriptor, token)
    closeDescriptor(descriptor)
    if isNewline { deliver(.announcedReadiness(id)) }
  }

  /// The program has ended: what it might still say is about nobody.
  mutating func forgetReadiness(of id: InstanceID) {
    for slot in sources.indices {
      guard case .readiness(id, let descriptor) = sources[slot].source else { continue }
      unwatch(descriptor, Token(slot: UInt32(slot), generation: sources[slot].generation))
      closeDescriptor(descriptor)
    }
  }

  func runtimeDirectory() -> String {
    if ThisProcess.effectiveUser == 0, (try? fileStatus("/run"))?.kind == .directory {
      return "/run"
    }
    return ThisProcess.variable("XDG_RUNTIME_DIR") ?? "/tmp"
  }
}
