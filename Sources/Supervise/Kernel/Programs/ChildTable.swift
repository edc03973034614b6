internal import SuperviseCore

/// Whose a pid is, from clone until it is reaped.
struct ChildTable {
  enum Owner: Equatable {
    case instance(InstanceID)
    /// A child of PID 1 that was the main process of this instance, which has named another one
    /// since.
    case predecessor(InstanceID)
    case probe(InstanceID, ProbePurpose)
    case helper(HelperKind)
    case stopCommand(InstanceID)
    /// Killed, and of no interest any more.
    case abandoned
    /// A reading of the configuration.
    case trial
    /// A lookup of commands and users.
    case lookup
    /// The binding of the socket of an fcgi program, by its section.
    case socket(String)
    /// It closes descriptors whose close may wait.
    case closer
  }

  /// A role that ends by itself once its task is done.
  struct Role: Equatable {
    var name: String
    /// It executes a command of the configuration in its place, which its own user may stop.
    var becomesCommand = false
  }

  private var owners: [Int32: Owner] = [:]
  private var pids: [InstanceID: Int32] = [:]
  /// The processes that the supervisor has sent SIGKILL.
  private var killed: Set<Int32> = []
  /// The processes that have been detached after they had asked to be traced.
  private var released: Set<Int32> = []
  /// By their pids.
  private(set) var roles: [Int32: Role] = [:]
  var survivors = Survivors()

  subscript(pid: Int32) -> Owner? { owners[pid] }

  func pid(of instance: InstanceID) -> Int32? { pids[instance] }

  func pid(ofStopCommandOf instance: InstanceID) -> Int32? {
    owners.first { $0.value == .stopCommand(instance) }?.key
  }

  /// `role` is nil for every other process.
  mutating func add(_ pid: Int32, _ owner: Owner, role: Role? = nil) {
    survivors.remove(pid)
    owners[pid] = owner
    roles[pid] = role
    if case .instance(let id) = owner { pids[id] = pid }
  }

  /// The instance has named this process as its main process. The one before it is a child of
  /// PID 1, or `removeMain` has removed it.
  mutating func setMain(_ pid: Int32, of id: InstanceID) {
    if let old = pids[id], owners[old] == .instance(id) { owners[old] = .predecessor(id) }
    add(pid, .instance(id))
  }

  /// The main process is no child of PID 1, which does not learn when the process ends and another
  /// one gets its number. That may have happened already, so only an entry of this instance is
  /// removed.
  mutating func removeMain(_ pid: Int32, of id: InstanceID) {
    if pids[id] == pid { pids[id] = nil }
    if owners[pid] == .instance(id) { remove(pid) }
  }

  func predecessors(of id: InstanceID) -> [Int32] {
    owners.filter { $0.value == .predecessor(id) }.map(\.key)
  }

  /// The process has been sent SIGKILL, and its end is not reported.
  mutating func forget(_ pid: Int32) {
    if let owner = owners[pid] { survivors.add(pid, owner) }
    if case .instance(let id) = owners[pid], pids[id] == pid { pids[id] = nil }
    owners[pid] = .abandoned
  }

  /// Whether this is the first release of that process.
  mutating func noteRelease(of pid: Int32) -> Bool { released.insert(pid).inserted }

  mutating func noteKill(of pid: Int32) { if owners[pid] != nil { killed.insert(pid) } }

  func isKilled(_ pid: Int32) -> Bool { killed.contains(pid) }

  /// Before it is reaped: afterwards the number may be somebody else's.
  mutating func remove(_ pid: Int32) {
    if case .instance(let id) = owners[pid], pids[id] == pid { pids[id] = nil }
    owners[pid] = nil
    roles[pid] = nil
    released.remove(pid)
    killed.remove(pid)
  }
}
