internal import ProgramSpec

/// What PID 1 knows of the host for starting programs. It looks nothing up itself, because a stat
/// or a read of /etc/passwd waits for the disk: the answers come from the reading of the
/// configuration, and from the lookup role.
struct LaunchFacts {
  private var record: HostRecord
  private var host: Surroundings
  private var staleQueries: Set<HostQuery> = []
  /// A step has ended since, which may have installed a command or changed a user.
  private var areAllStale = false

  init(_ record: HostRecord) {
    self.record = record
    host = record.replayed(like: Surroundings())
  }

  /// nil: the command has never been looked up.
  func command(_ query: HostQuery) -> Result<String, CommandProblem>? {
    guard let answer = record[query], answer != .missing else { return nil }
    return answer.command
  }

  /// The identity with the numbers that its names stand for now.
  func current(_ identity: Identity) -> Identity { host.current(identity) }

  /// Whether these may be used without a further lookup.
  func areFresh(for queries: @autoclosure () -> Set<HostQuery>) -> Bool {
    if areAllStale { return false }
    return staleQueries.isEmpty || staleQueries.isDisjoint(with: queries())
  }

  mutating func becomeStale() { areAllStale = true }

  /// Their answers have led to a start that failed.
  mutating func becomeStale(_ queries: Set<HostQuery>) { staleQueries.formUnion(queries) }

  /// The directory has changed in which commands with a relative path were looked up.
  mutating func becomeStaleWhereRelative() {
    for case .command(let name, let path) in record.queries {
      let isRelative = name.contains("/") ? !name.hasPrefix("/") : !path.hasPrefix("/")
      if isRelative { staleQueries.insert(.command(name, searchPath: path)) }
    }
  }

  /// A lookup begins: what ends from now on makes its answers stale again.
  mutating func lookupBegan() {
    areAllStale = false
    staleQueries = []
  }

  /// Takes the answers of a lookup, or of a later reading of the configuration.
  mutating func take(_ later: HostRecord) {
    record.merge(later.aboutStarting)
    host = record.replayed(like: Surroundings())
  }
}
