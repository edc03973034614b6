import Linux
import ProgramSpec
import Supervise
import SuperviseCore

/// The clock, the timer and the descriptors of a machine that does not exist. Its clock stands
/// still except while the loop waits; then it jumps to the next thing that happens.
final class VirtualMachine: LoopBackend {
  /// The descriptors that PID 1 watches. Each planned thing makes one of them readable.
  enum Channel: Int32, CaseIterable { case timer, stopSignals, childSignals, others }

  struct Planned {
    var at: Instant
    var order: Int
    var channel: Channel
    var happening: Planned.Kind

    enum Kind {
      case lookedUp(InstanceID, serial: Int)
      case dies(pid: Int32, ExitStatus)
      case setUpFails(pid: Int32, SpawnFailure.Kind)
      case answers(InstanceID, ProbePurpose, serial: Int, Verdict)
      case announces(pid: Int32)
      case notifies(pid: Int32, Notification)
      case outgrows(pid: Int32)
      case stopCommandEnds(InstanceID, serial: Int, Verdict)
      case signal(Signal)
      case eventsDelivered
      case outputFlushed
      case childless
      case input(Input.Kind)
      case calm
      case ending
      case limit
    }
  }

  static let batch = Poller.batch

  private(set) var now: Instant
  /// By time; those of one time in the order in which they were planned.
  private var planned: [Planned] = []
  private var order = 0
  private var tokens: [Int32: Token] = [:]
  private var timer: Instant?
  /// Times at which PID 1 does not run.
  private let stalls: [(from: Instant, until: Instant)]
  private var found: [Poller.Event] = []
  /// Nothing is planned, and no timer is set.
  private(set) var isIdle = false

  init(now: Instant, stalls: [(from: Instant, until: Instant)]) {
    self.now = now
    self.stalls = stalls
  }

  func plan(_ kind: Planned.Kind, on channel: Channel = .others, after delay: Duration) {
    order += 1
    let entry = Planned(
      at: now.advanced(by: delay), order: order, channel: channel, happening: kind)
    let index = planned.lastIndex { $0.at <= entry.at }.map { $0 + 1 } ?? 0
    planned.insert(entry, at: index)
  }

  /// The first thing of this channel that has happened and has not been taken.
  func take(from channel: Channel) -> Planned.Kind? {
    let index = planned.firstIndex { $0.channel == channel && $0.at <= now }
    return index.map { planned.remove(at: $0).happening }
  }

  func add(_ descriptor: Int32, _ interest: Interest, _ token: Token) { tokens[descriptor] = token }

  func change(_ descriptor: Int32, _ interest: Interest, _ token: Token) {
    tokens[descriptor] = token
  }

  func remove(_ descriptor: Int32) { tokens[descriptor] = nil }

  func arm(at instant: Instant?) { timer = instant }

  func drainTimer() { timer = nil }

  func wait(milliseconds: Int32?) -> Int {
    if milliseconds != 0 { advance() }
    collect()
    return found.count
  }

  func event(_ index: Int) -> Poller.Event { found[index] }

  private func advance() {
    let times = [planned.first?.at, timer].compactMap { $0 }
    guard let next = times.min() else {
      isIdle = true
      return
    }
    now = max(now, next)
    for stall in stalls where stall.from <= now { now = max(now, stall.until) }
  }

  /// One event for each thing that has happened, but one in all for signals, as signalfd(2) has it.
  private func collect() {
    found = []
    var seen: Set<Int32> = []
    var isTimerDue = timer.map { $0 <= now } ?? false
    for entry in planned {
      guard entry.at <= now, found.count < VirtualMachine.batch else { break }
      if isTimerDue, let timer, timer < entry.at {
        report(.timer)
        isTimerDue = false
      }
      let isFirst = seen.insert(entry.channel.rawValue).inserted
      if isFirst || entry.channel == .others { report(entry.channel) }
    }
    if isTimerDue, found.count < VirtualMachine.batch { report(.timer) }
  }

  private func report(_ channel: Channel) {
    guard let token = tokens[channel.rawValue] else { return }
    found.append(Poller.Event(token: token, interest: .readable))
  }
}
