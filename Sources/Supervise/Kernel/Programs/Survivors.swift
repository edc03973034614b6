internal import SuperviseCore

/// Process groups that have been sent SIGKILL, or whose `exec:` check PID 1 has cancelled, and that
/// still have members.
///
/// SIGKILL ends no process that is frozen, waits uninterruptibly or has a tracer. What the process
/// was for is attempted again: the next run of a cron, the next check. Without a limit such
/// processes would use up what the container may have (pids.max), and no program could fork.
///
/// A group has the number of the process that PID 1 has started. No other process gets this number
/// while the group has a member.
struct Survivors {
  /// For one purpose, at the same time.
  static let limit = 4

  private var purposes: [Int32: ChildTable.Owner] = [:]

  var isEmpty: Bool { purposes.isEmpty }

  /// The group has been sent SIGKILL, or is a check that was cancelled.
  mutating func add(_ group: Int32, _ owner: ChildTable.Owner) { purposes[group] = owner.purpose }

  /// The group has no member any more.
  mutating func remove(_ group: Int32) { purposes[group] = nil }

  func includes(_ group: Int32) -> Bool { purposes[group] != nil }

  /// All of them, in any order.
  var groups: [Int32] { Array(purposes.keys) }

  func groups(of purpose: ChildTable.Owner) -> [Int32] {
    isEmpty ? [] : purposes.filter { $0.value == purpose }.map(\.key)
  }

  /// Another unit may get the place of this instance.
  mutating func forget(_ id: InstanceID) { purposes = purposes.filter { $0.value.instance != id } }
}

extension ChildTable.Owner {
  /// A process that was started and the one that is the program since are for the same.
  fileprivate var purpose: ChildTable.Owner {
    guard case .predecessor(let id) = self else { return self }
    return .instance(id)
  }

  /// nil: it is of no instance.
  fileprivate var instance: InstanceID? {
    switch self {
    case .instance(let id), .predecessor(let id), .probe(let id, _), .stopCommand(let id): id
    case .helper, .abandoned, .trial, .lookup, .socket, .closer: nil
    }
  }
}
