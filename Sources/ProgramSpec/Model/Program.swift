/// `[program:x]`, `[fcgi-program:x]` or `[eventlistener:x]`.
package struct Program: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case plain
    case fastCGI(SharedSocket)
    case eventListener(events: [String], bufferSize: Int)
  }

  /// `result_handler` of an event listener.
  package enum ResultHandler: Sendable, Equatable {
    /// `OK` is success, all else a rejection.
    case standard
    /// `supervisor_stdout:event_handler`: prints the output that the listener returns.
    case supervisorStdout
    /// Another Python function: every result is success.
    case unknown
  }

  package var kind = Kind.plain
  /// One for each `process_num` in each group that lists the program; may be empty (`numprocs=0`).
  package var processes: [Process]
  package var autostart = true
  package var restart = RestartPolicy()
  package var stop = StopPolicy()
  package var readiness = Readiness.running
  package var readyTimeout = Duration.seconds(60)
  package var health: Health? = nil
  package var onExit = OnExit.nothing
  package var onFatal = OnFatal.ignore
  /// Bytes of resident memory of all its processes; nil: no limit.
  package var memoryLimit: UInt64? = nil
  package var maximumUptime: Duration? = nil
  /// The longest time between two WATCHDOG=1 messages; nil: none is expected.
  package var watchdog: Duration? = nil
  /// `restart_jitter`: 200 spreads `max_uptime` by ±20 %.
  package var uptimeJitterThousandths = 0
  package var reloadSignal = Signal.hangUp
  package var preset: String? = nil
  /// Of an event listener, `event_len=chars`: `len:` counts characters, as supervisord does.
  package var countsCharacters = false
  package var resultHandler = ResultHandler.standard
  /// `serverurl`, where it is not AUTO.
  package var serverURL: String? = nil

  /// The highest `numprocs`: each process takes memory before it is started.
  package static let maxProcesses = 10_000
  /// The same if a user other than root may choose the number: each process takes memory and
  /// descriptors in PID 1.
  static let maxUntrustedProcesses = 128

  package init(processes: [Process]) { self.processes = processes }

  /// Whether its processes get a socket for sd_notify(3).
  package var usesNotifications: Bool { readiness == .notify || watchdog != nil }

  package var hasStopCommand: Bool { processes.contains { !$0.stopCommand.isEmpty } }
}

/// One instance of a program.
package struct Process: Sendable, Equatable {
  package var name: String
  /// The `[group:x]` it is in, else the program's own name.
  package var group: String
  package var number: Int
  /// The command as written, expanded but not split: what `getAllConfigInfo` shows.
  package var commandLine: String
  package var execution: Execution
  /// Run instead of the first signal; empty: the signal.
  package var stopCommand: [String] = []
  package var readyProbe: ProbeURL? = nil
  package var healthProbe: ProbeURL? = nil

  package init(name: String, group: String, number: Int, commandLine: String, execution: Execution)
  {
    self.name = name
    self.group = group
    self.number = number
    self.commandLine = commandLine
    self.execution = execution
  }

  /// `group:name`, or the name alone where both are equal, as supervisorctl prints it.
  package var displayName: String { group == name ? name : "\(group):\(name)" }
}

/// The listening socket that all processes of an `[fcgi-program:x]` get as descriptor 0.
package struct SharedSocket: Sendable, Equatable {
  package enum Address: Sendable, Equatable {
    case unix(String)
    case tcp(Endpoint)
  }

  package var address: Address
  package var owner: Identity? = nil
  package var mode: UInt32 = 0o700
  package var backlog: Int32? = nil

  package init(address: Address) { self.address = address }
}
