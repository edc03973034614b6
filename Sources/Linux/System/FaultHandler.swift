internal import CLinux

/// What this process does when it fails itself: a trap, an invalid address, abort(3), no memory.
///
/// All of it is C, for nothing of Swift may run after such a failure.
package enum FaultHandler {
  /// In the supervisor: one line to stderr, then a last-resort init that stops all processes and
  /// exits with 70. A failed allocation takes the same way, after a reserve has been released.
  ///
  /// To be called again after fork(2), since a copy of the supervisor is not the supervisor. What
  /// the machine refuses here is no reason not to start.
  package static func protectSupervisor() {
    let name = "entrypoint: supervisor (PID \(ThisProcess.identifier))"
    _ = unsafe clinux_fault_install(name, CLINUX_FAULT_LAST_RESORT)
    _ = clinux_memory_reserve()
  }

  /// In a role: one line to stderr, then the default action of the signal.
  package static func report(as title: String) {
    _ = unsafe clinux_fault_install(title, CLINUX_FAULT_END)
  }

  /// How long the last-resort init waits between SIGTERM and SIGKILL.
  package static func setGrace(_ grace: Duration) {
    let (seconds, attoseconds) = grace.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
    clinux_last_resort_grace(UInt32(clamping: isTooLong ? .max : whole + milliseconds))
  }

  /// A role with a channel to the supervisor: the last-resort init lets it live until the programs
  /// are down, so that the logger writes their last lines.
  package static func noteRole(_ pid: Int32, isRunning: Bool) {
    clinux_last_resort_role(pid, isRunning ? 1 : 0)
  }
}
