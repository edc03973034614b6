package import Linux
package import SuperviseCore

/// What an event loop waits with: a poller, a timer and a clock.
///
/// PID 1 waits with epoll(7), timerfd_create(2) and CLOCK_MONOTONIC; a test waits on a simulated
/// machine, whose clock stands still except while the loop waits.
package protocol LoopBackend {
  /// The events that the last wait returns at most.
  static var batch: Int { get }

  /// The time on the clock that deadlines are measured with.
  var now: Instant { get }

  /// Registers a descriptor: epoll_ctl(2), EPOLL_CTL_ADD. Throws what the kernel refuses.
  func add(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno)

  /// Changes what a registered descriptor is watched for: EPOLL_CTL_MOD.
  func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno)

  /// Ends a registration, before the descriptor is closed: EPOLL_CTL_DEL.
  func remove(_ descriptor: Int32)

  /// Sets the timer to an absolute time; nil: it never fires.
  func arm(at instant: Instant?) throws(Errno)

  /// Takes back the readiness of a timer that has fired.
  func drainTimer()

  /// Waits for events, without a limit if `milliseconds` is nil, and returns their number.
  func wait(milliseconds: Int32?) throws(Errno) -> Int

  /// One of the events of the last wait.
  func event(_ index: Int) -> Poller.Event
}

/// The backend of PID 1.
final class SystemBackend: LoopBackend {
  private var poller: Poller
  private let timer: Timer

  static var batch: Int { Poller.batch }

  init() throws(Errno) {
    timer = try Timer()
    poller = try Poller()
  }

  /// The descriptor to watch for the timer.
  var timerDescriptor: Int32 { timer.raw }

  var now: Instant { Instant(nanoseconds: monotonicNanoseconds()) }

  func add(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    try poller.add(descriptor, interest, token)
  }

  func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(Errno) {
    try poller.change(descriptor, interest, token)
  }

  func remove(_ descriptor: Int32) { poller.remove(descriptor) }

  func arm(at instant: Instant?) throws(Errno) { try timer.arm(at: instant?.nanoseconds) }

  func drainTimer() { timer.drain() }

  func wait(milliseconds: Int32?) throws(Errno) -> Int {
    try poller.wait(milliseconds: milliseconds)
  }

  func event(_ index: Int) -> Poller.Event { poller.event(index) }
}
