internal import SuperviseCore

/// How much each program has written to the pipe of `ready=fd:N` before its newline. A program that
/// writes for ever without one must not keep PID 1 reading.
struct ReadinessPipes {
  private static let maxBytes = 64 << 10

  private var received: [InstanceID: Int] = [:]

  /// False once the program has written more than any announcement needs.
  mutating func accepts(_ count: Int, from id: InstanceID) -> Bool {
    received[id, default: 0] += count
    return received[id, default: 0] <= ReadinessPipes.maxBytes
  }

  mutating func forget(_ id: InstanceID) { received[id] = nil }
}
