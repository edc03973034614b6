internal import SuperviseCore

/// Whose a pid is, from clone until it is reaped.
struct ChildTable {
  enum Owner: Equatable {
    case instance(InstanceID)
    case probe(InstanceID, ProbePurpose)
    case helper(HelperKind)
    /// A reading of the configuration.
    case trial
  }

  private var owners: [Int32: Owner] = [:]
  private var pids: [InstanceID: Int32] = [:]

  subscript(pid: Int32) -> Owner? { owners[pid] }

  func pid(of instance: InstanceID) -> Int32? { pids[instance] }

  mutating func add(_ pid: Int32, _ owner: Owner) {
    owners[pid] = owner
    if case .instance(let id) = owner { pids[id] = pid }
  }

  /// Before it is reaped: afterwards the number may be somebody else's.
  mutating func remove(_ pid: Int32) {
    if case .instance(let id) = owners[pid], pids[id] == pid { pids[id] = nil }
    owners[pid] = nil
  }
}
