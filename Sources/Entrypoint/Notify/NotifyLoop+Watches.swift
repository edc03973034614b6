internal import Linux
internal import NotifyProtocol

/// The sockets of the programs: which are looked at, and how they end.
extension NotifyLoop {
  /// Takes the place of an earlier process of the same instance.
  mutating func open(_ watch: Watch) {
    if let old = watches.firstIndex(where: { $0?.origin.instance == watch.origin.instance }) {
      forget(old)
    }
    let index = watches.firstIndex { $0 == nil } ?? watches.count
    if index == watches.count { watches.append(nil) }
    watches[index] = watch
    poll(index)
  }

  mutating func close(_ origin: NotifyOrigin) {
    if let index = watches.firstIndex(where: { $0?.origin == origin }) { forget(index) }
  }

  /// Not the last close of the socket: PID 1 keeps its own descriptor until the queue is empty.
  private mutating func forget(_ index: Int) {
    guard let watch = watches[index] else { return }
    if watch.isPolled { poller.remove(watch.socket) }
    watches[index] = nil
    closeDescriptor(watch.socket)
  }

  private func poll(_ index: Int) {
    guard let watch = watches[index] else { return }
    let token = Token(slot: UInt32(index) + 1, generation: watch.origin.generation)
    poller.addWaiting(watch.socket, .readable, token)
  }

  // MARK: Limits

  /// Until there is a token again.
  mutating func suspend(_ index: Int) {
    guard let watch = watches[index], watch.isPolled else { return }
    watches[index]?.isPolled = false
    poller.remove(watch.socket)
  }

  mutating func resume() {
    children.forgetEnded()
    updateClosing()
    let now = monotonicNanoseconds()
    for index in watches.indices {
      updateHead(index, at: now)
      guard var watch = watches[index], !watch.isPolled, watch.head == .plain,
        watch.nextLook(at: now) == nil
      else { continue }
      watch.isPolled = true
      watches[index] = watch
      poll(index)
    }
  }

  /// Milliseconds until a program may be listened to again; nil: nothing is due.
  mutating func pause() -> Int32? {
    let now = monotonicNanoseconds()
    var next = nextLookAtChildren(at: now)
    for index in watches.indices {
      guard let watch = watches[index], !watch.isPolled, watch.head == .plain else { continue }
      let due = watches[index]?.nextLook(at: now) ?? now
      next = min(next ?? due, due)
    }
    return next.map { Int32(clamping: ($0 > now ? $0 - now : 0) / 1_000_000 + 1) }
  }
}
