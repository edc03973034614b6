/// `[wait:x]`: something outside that must answer before the rest may start.
package struct Wait: Sendable, Equatable {
  package enum Condition: Sendable, Equatable {
    case probe(ProbeURL)
    /// Satisfied when the command exits with 0.
    case command(Execution)
  }

  package var condition: Condition
  /// Zero: for ever.
  package var timeout = Duration.seconds(60)
  /// From the end of one attempt to the beginning of the next.
  package var interval = Duration.seconds(1)
  /// For one attempt.
  package var probeTimeout = Duration.seconds(3)

  package init(condition: Condition) { self.condition = condition }
}

/// `[directory:x]`: directories that must exist with the right owner and mode.
package struct DirectoryStep: Sendable, Equatable {
  package var paths: [String]
  package var owner: Identity? = nil
  package var mode: UInt32? = nil
  package var recursive = false

  package init(paths: [String]) { self.paths = paths }
}

/// `[template:x]`: a file written from a source with `${X}` replaced.
package struct TemplateStep: Sendable, Equatable {
  package var source: String
  package var destination: String
  package var owner: Identity? = nil
  package var mode: UInt32? = nil

  package init(source: String, destination: String) {
    self.source = source
    self.destination = destination
  }
}

/// `[hook:x]`: a command that runs once.
package struct Hook: Sendable, Equatable {
  package enum Stage: String, Sendable, Equatable { case start, ready, stop }
  package enum OnFailure: Sendable, Equatable {
    /// The container ends with the hook's exit code.
    case abort
    /// As if it had succeeded, but for the journal.
    case `continue`
  }

  package var execution: Execution
  package var stage = Stage.start
  /// Zero: no limit.
  package var timeout = Duration.seconds(300)
  package var retries = 0
  package var retryDelay = Duration.seconds(1)
  package var onFailure = OnFailure.abort
  package var lock: HookLock? = nil

  package init(execution: Execution) { self.execution = execution }
}

/// `lock=`: of several replicas one runs the hook while the others wait.
package struct HookLock: Sendable, Equatable {
  package enum Place: Sendable, Equatable {
    case file(String)
    case redis(RedisLock)
  }

  package var place: Place
  /// Zero: for ever.
  package var timeout = Duration.zero

  package init(place: Place) { self.place = place }
}

/// A key of a Redis that is one holder's for a while.
package struct RedisLock: Sendable, Equatable {
  package var endpoint: Endpoint
  package var login: RedisLogin?
  package var key: String
  /// How long it outlives a holder that is killed. The holder renews it while it runs.
  package var lease = Duration.seconds(30)

  package init(endpoint: Endpoint, login: RedisLogin?, key: String) {
    self.endpoint = endpoint
    self.login = login
    self.key = key
  }
}

/// `[cron:x]`: a command that runs by the clock.
package struct Cron: Sendable, Equatable {
  /// What happens when its time has come and the run before is still under way.
  package enum Overlap: Sendable, Equatable {
    case skip
    /// One more, as soon as that has ended; further ones are left out.
    case queue
    /// Beside it, up to `mostRuns`.
    case allow
  }

  package var execution: Execution
  package var schedule: Schedule
  package var overlap = Overlap.skip
  /// Of one run; zero: no limit.
  package var timeout = Duration.zero
  /// Each run begins up to this much later, by chance.
  package var jitter = Duration.zero
  package var retries = 0
  package var retryDelay = Duration.seconds(1)

  /// Of one cron at a time: `overlap=allow` must not fill the machine with what hangs.
  package static let mostRuns = 8

  package init(execution: Execution, schedule: Schedule) {
    self.execution = execution
    self.schedule = schedule
  }
}
