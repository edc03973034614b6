internal import Linux
internal import SuperviseCore

/// Tells a SIGKILL by the kernel, which ends a process when the container's memory is used up, from
/// any other one: the counter of the container's cgroup is read whenever a child has ended.
///
/// The counter does not say which process the kernel has ended. A kill is attributed to a child
/// that ended by SIGKILL without having been sent one by the supervisor, soon after the counter
/// grew; a kill that no child explains was one of a program's own children.
struct OutOfMemoryWatch: ~Copyable {
  /// How long after it was noticed a kill may explain the end of a child.
  private static let patience = Duration.seconds(10)

  private let counter: OutOfMemoryCounter?
  private var seen: UInt64
  /// When kills were noticed that no child explains yet, oldest first.
  private var unexplained: [Instant] = []
  /// Kills of more processes at one time are one.
  private static let maxUnexplained = 1024

  init() {
    counter = OutOfMemoryCounter()
    seen = 0
    seen = currentCount() ?? 0
  }

  private func currentCount() -> UInt64? {
    switch counter {
    case .some(let counter): counter.read()
    case .none: nil
    }
  }

  /// A child has ended. Returns how many earlier kills no child explains any more.
  mutating func update(at now: Instant) -> Int {
    if let count = currentCount() {
      let new = count > seen ? Int(clamping: count - seen) : 0
      seen = count
      for _ in 0..<min(new, Self.maxUnexplained - unexplained.count) { unexplained.append(now) }
    }
    let old = unexplained.prefix { now.elapsed(since: $0) > Self.patience }.count
    unexplained.removeFirst(old)
    return old
  }

  /// Whether the kernel's kill explains the end of a child by SIGKILL, which nobody else sent.
  mutating func explainsKill() -> Bool {
    guard !unexplained.isEmpty else { return false }
    unexplained.removeFirst()
    return true
  }
}
