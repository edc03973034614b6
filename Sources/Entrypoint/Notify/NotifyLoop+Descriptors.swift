internal import Linux
internal import NotifyProtocol

/// Messages with descriptors. The close of such a descriptor may take any time: that of a file of
/// FUSE or NFS in each process that closes it, that of a socket with SO_LINGER in the process that
/// closes it last. So the role never receives one. It reads the message and leaves it in the queue,
/// from where a child takes it.
extension NotifyLoop {
  /// The socket of a process that has ended, whose queue holds descriptors.
  struct Closing {
    let origin: NotifyOrigin
    let socket: Int32
    /// It empties the queue; nil: none has been started yet.
    var child: Int32?
  }

  /// In nanoseconds.
  private static var retryInterval: UInt64 { 1_000_000_000 }
  private static var reportAfter: UInt64 { 5_000_000_000 }
  /// Children that empty queues, as long as fewer than `maxWaiting` sockets wait for one. A child
  /// that hangs takes a process of the limit that all programs share.
  private static var maxEmptying: Int { 16 }
  private static var maxWaiting: Int { 512 }

  // MARK: Of a running program

  /// One child of an instance at a time, also of its earlier processes: a program whose descriptors
  /// cannot be closed takes one process, and delays its own messages only.
  mutating func receiveInChild(_ index: Int) {
    guard let watch = watches[index], children.child(of: watch.origin.instance) == nil,
      let pid = try? receiveElsewhere(watch.socket)
    else { return }
    children.add(pid, of: watch.origin.instance, at: monotonicNanoseconds())
    watches[index]?.head = .inChild(pid)
  }

  /// Looks whether the child has ended that has received the message at the head of the queue.
  mutating func updateHead(_ index: Int, at now: UInt64) {
    guard let watch = watches[index] else { return }
    switch watch.head {
    case .plain: return
    case .withDescriptors: receiveInChild(index)
    case .inChild(let pid): if !children.isRunning(pid) { watches[index]?.head = .plain }
    }
    guard watches[index]?.head != .plain, !watch.hasReportedClose,
      let child = children.child(of: watch.origin.instance), child.age(at: now) > Self.reportAfter
    else { return }
    watches[index]?.hasReportedClose = true
    send(
      .refused(
        watch.origin,
        "the close of a descriptor that it passed does not end; not listening until it ends"))
  }

  // MARK: Of a program that has ended

  /// PID 1 closes its descriptor of the socket once the queue is empty.
  mutating func end(_ origin: NotifyOrigin, _ socket: Int32) {
    close(origin)
    try? shutDownReading(socket)
    let entry = Closing(origin: origin, socket: socket)
    // MSG_PEEK takes references to the descriptors for a moment. If the child released its own in
    // this moment, the last one would be the role's.
    if children.child(of: origin.instance) == nil, isEmptied(socket) { return close(entry) }
    closing.append(entry)
    emptyInChild()
  }

  private mutating func close(_ entry: Closing) {
    closeDescriptor(entry.socket)
    send(.closed(entry.origin))
  }

  /// False: there are descriptors in the queue.
  private func isEmptied(_ socket: Int32) -> Bool {
    var scratch = [UInt8](repeating: 0, count: 1)
    do throws(Errno) {
      while try !receiveDatagram(socket, into: &scratch).hasDescriptors {}
      return false
    } catch {
      return error == .wouldBlock
    }
  }

  private mutating func emptyInChild() {
    let waiting = closing.filter { $0.child == nil }.map(\.socket)
    guard !waiting.isEmpty,
      children.emptyingCount < Self.maxEmptying || waiting.count >= Self.maxWaiting,
      let pid = try? emptyElsewhere(waiting)
    else { return }
    children.add(pid, of: nil, at: monotonicNanoseconds())
    for index in closing.indices where closing[index].child == nil { closing[index].child = pid }
  }

  mutating func updateClosing() {
    for index in closing.indices.reversed() {
      if hasHungUp(closing[index].socket) {
        close(closing.remove(at: index))
      } else if let child = closing[index].child, !children.isRunning(child) {
        closing[index].child = nil
      }
    }
    emptyInChild()
  }

  /// nil: no child is needed, and none runs.
  func nextLookAtChildren(at now: UInt64) -> UInt64? {
    let isMissing =
      closing.contains { $0.child == nil } || watches.contains { $0?.head == .withDescriptors }
    return children.nextLook(at: now) ?? (isMissing ? now + Self.retryInterval : nil)
  }
}
