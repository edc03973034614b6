internal import Linux

/// Children that receive messages with descriptors (`receiveElsewhere`, `emptyElsewhere`) and have
/// not ended yet. The kernel reaps them. Times are those of the monotonic clock, in nanoseconds.
struct ReceivingChildren {
  struct Child {
    let pid: Int32
    let since: UInt64
    /// The instance whose message it receives; nil: it empties the sockets of ended processes.
    let instance: UInt32?

    /// Zero for a child that has been started after that time.
    func age(at now: UInt64) -> UInt64 { now - min(now, since) }
  }

  private var children: [Child] = []

  mutating func add(_ pid: Int32, of instance: UInt32?, at now: UInt64) {
    children.append(Child(pid: pid, since: now, instance: instance))
  }

  mutating func forgetEnded() { children.removeAll { peekChild($0.pid) != .allRunning } }

  func isRunning(_ pid: Int32) -> Bool { children.contains { $0.pid == pid } }

  func child(of instance: UInt32) -> Child? { children.first { $0.instance == instance } }

  var emptyingCount: Int { children.count { $0.instance == nil } }

  /// When it is looked again whether a child has ended: soon at first, because the next message of
  /// the program waits for that; nil: there is no child.
  func nextLook(at now: UInt64) -> UInt64? {
    children.map { now + min(max($0.age(at: now), 1_000_000), 1_000_000_000) }.min()
  }
}
