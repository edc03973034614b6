internal import Linux
internal import ProgramSpec

/// The signals that PID 1 receives, on two descriptors: those that begin a shutdown, and the rest.
///
/// signalfd(2) gives out signals of the calling thread before signals of the process, and lower
/// numbers before higher ones, so that a sender of many signals could delay SIGTERM on a shared
/// descriptor. Each take reads a bounded number of signals. Real-time signals are queued by the
/// kernel one by one; they are received only where something reacts to them.
struct SignalInbox: ~Copyable {
  private let stops: SignalSource
  private let others: SignalSource

  /// `stops` begin a shutdown. A foreground command is sent every signal, real-time ones too.
  static func open(stops configured: [Signal], forwardsAll: Bool) throws(Errno) -> SignalInbox {
    let usual = SignalSet([Signal.interrupt, .quit, .terminate].map(\.number))
    let stopping = usual.union(SignalSet(configured.map(\.number)))
    let other = SignalSet.standard.union(forwardsAll ? .realTime : SignalSet(rawValue: 0))
    try takeSignals(stopping.union(other))
    let stops = try SignalSource(stopping)
    let others = try SignalSource(other.subtracting(stopping))
    return SignalInbox(stops, others)
  }

  private init(_ stops: consuming SignalSource, _ others: consuming SignalSource) {
    self.stops = stops
    self.others = others
  }

  var stopDescriptor: Int32 { stops.raw }
  var otherDescriptor: Int32 { others.raw }

  /// Signals that begin a shutdown, in the order in which they are to be handled.
  func takeStops() -> [Signal] {
    let taken = stops.read()
    return SignalInbox.list(taken.standard, taken.realTime)
  }

  /// Other signals, without SIGCHLD; `childrenChanged` stands for that. A full batch may have been
  /// filled before SIGCHLD came to its turn, so a look at the children is due then too.
  func takeOthers() -> (signals: [Signal], childrenChanged: Bool) {
    let taken = others.read()
    let child = SignalSet([childSignal])
    return (
      SignalInbox.list(taken.standard.subtracting(child), taken.realTime),
      taken.standard.contains(childSignal) || taken.count == SignalSource.batch
    )
  }

  private static func list(_ standard: SignalSet, _ realTime: [Int32]) -> [Signal] {
    guard standard.rawValue != 0 || !realTime.isEmpty else { return [] }
    return (standard.numbers + realTime).map { Signal(number: $0) }
  }
}
