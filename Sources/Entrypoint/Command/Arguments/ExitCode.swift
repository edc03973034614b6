/// What our own exit codes mean. A program's or a hook's code is passed on as it is.
package enum ExitCode {
  package static let success: Int32 = 0
  /// Something asked for could not be done.
  package static let failure: Int32 = 1
  /// The command line or the configuration is wrong.
  package static let usage: Int32 = 2
  /// `status`: something is not running.
  package static let notRunning: Int32 = 3
  /// `status`: nobody answers, or there is no such program.
  package static let unknown: Int32 = 4
  /// A command other than `status`: not running, or no socket.
  package static let dead: Int32 = 7
  /// A wait timed out.
  package static let unavailable: Int32 = 69
  /// Our own fault, or the machine's.
  package static let internalError: Int32 = 70
}
