/// A command and everything that is set up for it between clone and exec.
package struct Execution: Sendable, Equatable {
  /// Split as a POSIX shell splits words, no shell involved.
  package var arguments: [String]
  /// Why there are no arguments: a command that supervisord takes and then fails to start, in its
  /// words. Only programs have it.
  package var problem: String? = nil
  package var directory: String? = nil
  /// Added to the supervisor's own environment.
  package var environment = ProcessEnvironment()
  /// Names that the process gets neither from the supervisor's environment nor from
  /// `environment.common`.
  package var removedVariables: [String] = []
  package var umask: UInt32? = nil
  package var identity: Identity? = nil
  package var limits: [ResourceLimit] = []
  package var nice: Int32? = nil
  package var oomScoreAdjustment: Int32? = nil
  package var noNewPrivileges = false
  /// `cpu_affinity`, ascending; empty: as inherited.
  package var processors: [Int] = []
  /// Those it keeps, a bit for each of capabilities(7); nil: as inherited.
  package var capabilities: UInt64? = nil
  package var output = Output()

  package init(arguments: [String]) { self.arguments = arguments }
}

/// Whom a program runs as, every name already looked up.
package struct Identity: Sendable, Equatable {
  /// Which of its groups somebody has written down: `user=a`, `user=a:b`, `group=b`.
  package enum NamedGroups: Sendable, Equatable { case none, primary, all }

  /// What stands in the configuration; nil where nothing does.
  package struct Spelling: Sendable, Equatable {
    var user: String?
    var group: String?
    var others: [String]?

    init() {}
  }

  package var user: UInt32
  package var group: UInt32
  /// Never the supervisor's own: a program that drops root must lose root's groups too.
  package var supplementaryGroups: [UInt32]
  package var namedGroups = NamedGroups.none
  /// From the passwd entry; nil where the uid has none.
  package var userName: String? = nil
  package var home: String? = nil
  package var shell: String? = nil
  var spelling = Spelling()

  package init(user: UInt32, group: UInt32, supplementaryGroups: [UInt32] = []) {
    self.user = user
    self.group = group
    self.supplementaryGroups = supplementaryGroups
  }
}

/// One `rlimit_*`: setrlimit(2).
package struct ResourceLimit: Sendable, Equatable {
  /// In the order of their numbers on Linux.
  package enum Resource: Int32, Sendable, Equatable, CaseIterable {
    case cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, `as`, locks, sigpending
    case msgqueue, nice, rtprio, rttime
  }

  package var resource: Resource
  /// `UInt64.max`: unlimited.
  package var soft: UInt64
  package var hard: UInt64

  package init(resource: Resource, soft: UInt64, hard: UInt64) {
    self.resource = resource
    self.soft = soft
    self.hard = hard
  }
}
