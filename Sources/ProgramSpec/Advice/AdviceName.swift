/// What each piece of advice is called, so that `[supervisord] allow=` can silence it.
package enum AdviceName: String, Sendable, Equatable, CaseIterable {
  /// nginx or PHP-FPM is stopped by TERM, which drops requests.
  case stopSignal = "stop-signal"
  /// A server puts itself into the background, where nobody supervises it.
  case foreground
  /// nginx starts before or beside PHP-FPM.
  case startOrder = "start-order"
  /// A worker is killed sooner than its jobs may take.
  case stopWait = "stop-wait"
  /// A program's grace is longer than that of the whole shutdown.
  case shutdownTimeout = "shutdown-timeout"
  /// A shell stands between the signals and the program.
  case shellExec = "shell-exec"
  /// A program may be FATAL and the container goes on.
  case onFatal = "on-fatal"
  /// The whole command is one word.
  case quotedCommand = "quoted-command"
  /// `$X` where no shell expands it.
  case variable
  /// A comment begins inside a value.
  case comment
  /// Anybody on the network may control the programs.
  case openControl = "open-control"
  /// The user of a program may change a file that decides what root runs.
  case writableFile = "writable-file"
  /// Logs go to a file that goes with the container.
  case logFile = "log-file"
  /// Several processes, and nothing to tell them apart.
  case processNumber = "process-number"
  /// Every replica runs the migration at once.
  case migrationLock = "migration-lock"
}
