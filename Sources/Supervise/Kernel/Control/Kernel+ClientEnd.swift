internal import Linux
internal import SuperviseCore

/// The ends of connections and of sockets that are shared with programs. A process that is not
/// root's may have passed descriptors whose close waits (at the control socket: before Linux 6.16),
/// so PID 1 neither receives them nor makes the last close of such a socket.
extension Kernel {
  mutating func close(_ descriptor: Int32, of origin: ClientOrigin) {
    origin.mayPassDescriptors ? closeSafely(descriptor) : closeDescriptor(descriptor)
  }

  mutating func closeSafely(_ descriptor: Int32) {
    if !closeUnlessWaiting(descriptor) { closeInChild([descriptor]) }
  }

  mutating func closeInChild(_ descriptors: [Int32]) {
    if let pid = closers.close(descriptors) { children.add(pid, .closer) }
  }

  mutating func closerEnded(_ pid: Int32) {
    closers.ended(pid)
    closeInChild([])
  }

  /// Before an exec, which closes what is left.
  mutating func closeUntrusted() {
    for descriptor in sharedSockets.takeAll() { closeShared(descriptor) }
    for client in clients where client.origin.mayPassDescriptors { closeSafely(client.descriptor) }
    clients.removeAll { $0.origin.mayPassDescriptors }
    _ = closers.close(isLast: true)
    closers.keepAcrossExec()
  }
}

extension ClientOrigin {
  /// Its connection is a stream that PID 1 has made, and at which the gateway can pass nothing.
  var isOfGateway: Bool {
    if case .control = peer { false } else { true }
  }

  /// The gateway, which hands its clients over, can pass no descriptors; root is trusted.
  var mayPassDescriptors: Bool {
    guard case .control(let user) = peer else { return false }
    return user != 0
  }
}
