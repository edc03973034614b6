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

extension SignalSource {
  /// For signals that `takeSignals` has blocked.
  package init(_ signals: SignalSet) throws(Errno) {
    self.init(adopting: try checked(clinux_signals_watch(signals.rawValue)))
  }

  /// The most signals that one `read` takes.
  package static let batch = Int(CLINUX_SIGNAL_BATCH)

  /// Takes pending signals, at most `batch` of them. Signals below 32, which the kernel does not
  /// queue, are members of `standard` however often each was sent meanwhile; real-time signals are
  /// in the order in which they were taken.
  package func read() -> (standard: SignalSet, realTime: [Int32], count: Int) {
    var standard: UInt64 = 0
    var queuedCount: Int32 = 0
    let none = (standard: SignalSet(rawValue: 0), realTime: [Int32](), count: 0)
    return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SignalSource.batch) {
      guard let queued = $0.baseAddress else { return none }
      let count = unsafe clinux_signals_read(raw, &standard, queued, &queuedCount)
      guard count > 0 else { return none }
      let realTime = unsafe $0.prefix(Int(queuedCount)).map { Int32($0) }
      return (SignalSet(rawValue: standard), realTime, Int(count))
    }
  }
}

/// Signal numbers from 1 to 64, one bit for each.
package struct SignalSet: Sendable, Equatable {
  package private(set) var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package init(_ numbers: some Sequence<Int32>) {
    rawValue = 0
    for number in numbers where (1...64).contains(number) { rawValue |= 1 << UInt64(number - 1) }
  }

  /// The real-time signals that programs may use: signal(7).
  package static let realTime = SignalSet(34...64)

  /// What a supervisor can react to: no fault, which cannot be read from a descriptor, and not
  /// SIGPIPE, which every line to a closed pipe would send.
  package static let standard = SignalSet(
    (1...31).filter { ![4, 5, 6, 7, 8, 11, 13].contains($0) })

  package func contains(_ number: Int32) -> Bool { SignalSet([number]).rawValue & rawValue != 0 }
  package func union(_ other: SignalSet) -> SignalSet {
    SignalSet(rawValue: rawValue | other.rawValue)
  }
  package func subtracting(_ other: SignalSet) -> SignalSet {
    SignalSet(rawValue: rawValue & ~other.rawValue)
  }
  package var numbers: [Int32] { (1...64).filter { contains($0) } }
}

/// Blocks these signals, to be read from a `SignalSource`, and has the kernel drop all real-time
/// signals that are not among them.
package func takeSignals(_ signals: SignalSet) throws(Errno) {
  _ = try checked(clinux_signals_take(signals.rawValue))
}

package let childSignal: Int32 = 17

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
