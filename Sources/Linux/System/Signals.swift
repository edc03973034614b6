internal import CLinux
internal import Glibc

/// signalfd(2): signals are blocked, and read from here.
package struct SignalSource: ~Copyable {
  private let descriptor: Descriptor
  package var raw: Int32 { descriptor.raw }

  /// Every signal that is not a fault.
  package init() throws(Errno) {
    descriptor = Descriptor(adopting: try checked(clinux_signals_open()))
  }

  /// SIGCHLD alone, and no other signal blocked: for a role with children of its own.
  package static func ofChildren() throws(Errno) -> SignalSource {
    SignalSource(adopting: try checked(clinux_child_signal_open()))
  }

  private init(adopting raw: Int32) { descriptor = Descriptor(adopting: raw) }

  /// The number of one pending signal and who sent it; nil when there is none.
  package func next() -> (number: Int32, sender: Int32)? {
    var sender: Int32 = 0
    let number = unsafe clinux_signals_next(raw, &sender)
    return number > 0 ? (number, sender) : nil
  }
}

package let childSignal: Int32 = 17

/// SIGRTMIN as the C library counts it; the kernel's first two are its own.
package var realTimeSignalBase: Int32 { clinux_real_time_signal_base() }

/// For roles: signals come as to any program again.
package func unblockSignals() { _ = clinux_signals_restore() }

package func ignoreSignals(_ numbers: [Int32]) {
  for number in numbers { clinux_ignore_signal(number) }
}

/// For what may run as PID 1: the signals that end any other process end it too, with 128 and their
/// number. Without a handler the kernel would drop them.
package func endOnSignals(_ numbers: [Int32] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]) {
  for number in numbers { clinux_end_on_signal(number) }
}

/// While nothing runs yet but our reading of the configuration. SIGHUP asks for what is being done.
/// After a reload, when all signals are still blocked, it waits until then.
package func endWhileReading() { endOnSignals([SIGINT, SIGQUIT, SIGTERM]) }

/// kill(2) to one process.
///
/// Safe from mistaken identity as long as the pid has not been reaped, which only we do: a number
/// is not given away while its zombie is there. That is why no pidfd is needed.
package func sendSignal(_ number: Int32, toProcess pid: Int32) throws(Errno) {
  guard pid > 0 else { throw .noSuchProcess }
  guard kill(pid, number) == 0 else { throw Errno.last }
}

/// killpg(3); the same holds while the leader is not reaped.
package func sendSignal(_ number: Int32, toGroup group: Int32) throws(Errno) {
  guard group > 1 else { throw .noSuchProcess }
  guard kill(-group, number) == 0 else { throw Errno.last }
}

/// Signals the process group that this child of ours leads, and the child alone while it has not
/// made its group yet. The child must not have been reaped.
package func sendSignal(_ number: Int32, toGroupLedBy pid: Int32) throws(Errno) {
  do { try sendSignal(number, toGroup: pid) } catch {
    guard error == .noSuchProcess else { throw error }
    try sendSignal(number, toProcess: pid)
    // The child may have made its group, and become the program, between the two calls.
    if number == SIGKILL { try? sendSignal(number, toGroup: pid) }
  }
}

/// kill(-1): every process that may be signalled, but PID 1 itself. Only for PID 1 of a namespace.
package func sendSignalToEverything(_ number: Int32) { _ = kill(-1, number) }
