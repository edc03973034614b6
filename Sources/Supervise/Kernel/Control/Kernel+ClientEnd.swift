internal import Linux
internal import SuperviseCore

/// The ends of connections. A process that is not root's may have passed descriptors whose close
/// waits (before Linux 6.16), so PID 1 does not make the last close of such a connection.
extension Kernel {
  mutating func close(_ descriptor: Int32, of origin: ClientOrigin) {
    origin.mayPassDescriptors ? closeSafely(descriptor) : closeDescriptor(descriptor)
  }

  mutating func closeSafely(_ descriptor: Int32) { closeInChild(closeUnlessWaiting(descriptor)) }

  /// What no child could be started for is closed together with the next ones.
  mutating func closeInChild(_ descriptors: [Int32]) {
    unclosed += descriptors
    guard !unclosed.isEmpty, let pid = try? closeElsewhere(unclosed) else { return }
    unclosed = []
    children.add(pid, .abandoned)
  }

  /// Before an exec, which closes what is left.
  mutating func closeUntrustedClients() {
    for client in clients where client.origin.mayPassDescriptors { closeSafely(client.descriptor) }
    clients.removeAll { $0.origin.mayPassDescriptors }
  }
}

extension ClientOrigin {
  /// The gateway, which hands its clients over, can pass no descriptors; root is trusted.
  var mayPassDescriptors: Bool {
    guard case .control(let user) = peer else { return false }
    return user != 0
  }
}
