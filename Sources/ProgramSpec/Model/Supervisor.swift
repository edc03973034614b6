/// `[supervisord]`: what concerns the supervisor as a whole.
package struct Supervisor: Sendable, Equatable {
  /// supervisord's own log levels, most urgent first.
  package enum LogLevel: Int, Sendable, Equatable, CaseIterable {
    case critical, error, warning, information, debug, trace, blather
  }

  /// How the units are stopped at the end.
  package enum ShutdownOrder: Sendable, Equatable {
    /// The dependency graph backwards; what it leaves free stops at once.
    case graph
    /// Group after group in reverse order of priority, as supervisord does.
    case serial
    /// All at once.
    case parallel
  }

  /// Of the main log; nil: none.
  package var logFile: LogTarget? = nil
  package var logFileMaximumBytes = 50 << 20
  package var logFileBackups = 10
  package var logLevel = LogLevel.information
  package var pidFile: String? = nil
  package var umask: UInt32? = nil
  package var nodaemon = false
  package var silent = false
  package var minimumDescriptors = 1024
  package var minimumProcesses = 200
  package var nocleanup = false
  package var childLogDirectory: String? = nil
  package var user: Identity? = nil
  package var directory: String? = nil
  package var stripANSI = false
  /// `environment_file`, `environment`, `secrets`: added to the environment of every unit.
  package var environment = VariableSet.empty
  /// Those of `environment` whose values a user other than root may choose, by their files.
  package var untrusted: [UntrustedVariables] = []
  package var identifier = "supervisor"
  /// The uid of the first role; nil: the supervisor chooses one that no program has.
  package var roleUserBase: UInt32? = nil

  /// Zero: no deadline. Else all that is left after this long is killed.
  package var shutdownTimeout = Duration.zero
  package var shutdownOrder = ShutdownOrder.graph
  package var shutdownSignals: [Signal] = []
  package var logFormat = LogFormat.raw
  /// A file that gets the journal, one JSON object a line.
  package var journal: String? = nil
  /// The path of the control socket, where the configuration names one.
  package var control: String? = nil
  /// Names of advice not to give.
  package var allowedAdvice: [String] = []

  package init() {}

  /// How many uids the roles have from the base on.
  package static let roleUserCount: UInt32 = 14
  /// systemd's docs/UIDS-GIDS.md lists 65520 to 65533 as unused, Debian Policy 9.2.2 as reserved,
  /// and every rootless container maps them. 65532 is the user "nonroot" of some images.
  package static let usualRoleUserBase: UInt32 = 65520

  /// The STOPSIGNAL of nearly every image. Not WINCH, which Apache's have: `docker run` in the
  /// foreground hands it on whenever the window of its terminal changes.
  package static let usualStops: [Signal] = [.terminate, .interrupt, .quit, .power, .halt]
}

/// Variables whose values a user other than root may choose.
package struct UntrustedVariables: Sendable, Equatable {
  /// The path of the file that they come from.
  package var file: String
  package var names: [String]
}

/// One variable of an environment.
package struct Variable: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
