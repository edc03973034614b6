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

  private mutating func forget(_ index: Int) {
    guard let watch = watches[index] else { return }
    if watch.isPolled { poller.remove(watch.socket) }
    watches[index] = nil
    discard(queueOf: watch.socket)
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

  /// Until the program is started again.
  mutating func mute(_ index: Int) {
    suspend(index)
    guard let watch = watches[index] else { return }
    watches[index]?.isMuted = true
    send(
      .refused(
        watch.origin, "it passed descriptors whose close does not end; not listening any more"))
  }

  mutating func resume() {
    retryClosing()
    let now = monotonicNanoseconds()
    for index in watches.indices {
      guard var watch = watches[index], !watch.isPolled, !watch.isMuted,
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
    var next: UInt64?
    for index in watches.indices {
      guard let watch = watches[index], !watch.isPolled, !watch.isMuted else { continue }
      let due = watches[index]?.nextLook(at: now) ?? now
      next = min(next ?? due, due)
    }
    if closers.waitingCount > 0 { next = min(next ?? .max, now + NotifyLoop.retryInterval) }
    return next.map { Int32(clamping: ($0 > now ? $0 - now : 0) / 1_000_000 + 1) }
  }

  // MARK: Descriptors

  /// In nanoseconds.
  private static var retryInterval: UInt64 { 1_000_000_000 }
  /// A role with so many descriptors that it cannot close starts anew: its exit closes them.
  private static var maxUnclosed: Int { 4096 }

  /// Closing may wait, so a child does it.
  mutating func closeAll(_ descriptors: [Int32], _ watch: inout Watch) {
    guard let pid = closeInChild(descriptors) else { return }
    watch.addCloser(pid, at: monotonicNanoseconds())
  }

  private mutating func closeInChild(_ descriptors: [Int32] = []) -> Int32? {
    closers.forgetEnded()
    return closers.close(descriptors)
  }

  private mutating func retryClosing() {
    guard closers.waitingCount > 0, closeInChild() == nil else { return }
    if closers.waitingCount > NotifyLoop.maxUnclosed { ThisProcess.exit(70) }
  }

  /// Nothing more can arrive; what has arrived may hold descriptors whose close waits, so that the
  /// socket must be empty when it is closed.
  mutating func discard(queueOf socket: Int32) {
    try? shutDownReading(socket)
    guard !closers.isSaturated else {
      _ = closeInChild([socket])
      return
    }
    var scratch = [UInt8](repeating: 0, count: 1)
    var passed: [Int32] = []
    while let datagram = try? receiveDatagram(socket, into: &scratch) { passed += datagram.passed }
    closeDescriptor(socket)
    _ = closeInChild(passed)
  }
}
