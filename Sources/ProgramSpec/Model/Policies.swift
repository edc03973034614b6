/// When and how often a program that ended is started again.
package struct RestartPolicy: Sendable, Equatable {
  package enum Automatic: Sendable, Equatable { case never, unexpected, always }

  package var automatic = Automatic.unexpected
  package var exitCodes: [Int32] = [0]
  /// Exits that the program plans (a worker after its last job): EXITED, and restarted at once,
  /// also before `startsecs`; they count as no failure.
  package var plannedExitCodes: [Int32] = []
  /// How long a program must stay up to count as RUNNING.
  package var startSeconds = Duration.seconds(1)
  /// Attempts after the first one; nil: unlimited.
  package var startRetries: Int? = 3
  /// nil: supervisord's, one second more after each failed start and none after EXITED.
  package var delay: RestartDelay? = nil
  package var limit: RestartLimit? = nil

  package init() {}
}

/// `min(initial · factor^n, maximum)`, spread by `jitter`.
package struct RestartDelay: Sendable, Equatable {
  package var initial: Duration
  package var maximum = Duration.seconds(60)
  /// In thousandths: 2000 doubles the delay each time.
  package var factorThousandths = 2000
  /// In thousandths of the delay: 200 spreads it by ±20 %.
  package var jitterThousandths = 0

  package init(initial: Duration) { self.initial = initial }
}

/// `restart_limit=5/60s`: more restarts than that in that time make it FATAL.
package struct RestartLimit: Sendable, Equatable {
  package var count: Int
  package var window: Duration

  package init(count: Int, window: Duration) {
    self.count = count
    self.window = window
  }
}

/// How a program is asked to end.
package struct StopPolicy: Sendable, Equatable {
  /// Sent one after the other, each followed by its wait; SIGKILL always comes last by itself.
  package var steps = [StopStep(signal: .terminate, wait: .seconds(10))]
  package var asGroup = false
  package var killAsGroup = false

  package init() {}
}

package struct StopStep: Sendable, Equatable {
  package var signal: Signal
  package var wait: Duration

  package init(signal: Signal, wait: Duration) {
    self.signal = signal
    self.wait = wait
  }
}

/// When a program counts as ready for those that depend on it.
package enum Readiness: Sendable, Equatable {
  /// RUNNING, that is up for `startsecs`.
  case running
  case probe(ProbeURL)
  /// sd_notify(3): `READY=1` on `NOTIFY_SOCKET`.
  case notify
  /// A newline on this descriptor, as in s6.
  case descriptor(Int32)
  /// A line of output that contains this text.
  case log(String)
}

/// Liveness.
package struct Health: Sendable, Equatable {
  package enum OnUnhealthy: Sendable, Equatable { case restart, shutdown, ignore }

  package var probe: ProbeURL
  package var interval = Duration.seconds(10)
  package var timeout = Duration.seconds(3)
  package var rise = 2
  package var fall = 3
  package var grace = Duration.zero
  package var onUnhealthy = OnUnhealthy.restart

  package init(probe: ProbeURL) { self.probe = probe }
}

package enum OnExit: Sendable, Equatable { case nothing, shutdown }
package enum OnFatal: Sendable, Equatable { case ignore, shutdown }
