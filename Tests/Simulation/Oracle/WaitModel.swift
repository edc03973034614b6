import ProgramSpec
import SuperviseCore

/// The documented life of a wait: a check, the interval, and the next check, until one passes or
/// all the time is over.
struct WaitModel {
  enum State: Equatable {
    case down(Result)
    case probing(givenUpAt: Instant)
    case pausing(until: Instant)
  }

  enum Result { case stopped, passed, failed }

  let wait: Wait
  var state = State.down(.stopped)
  var before = State.down(.stopped)
  var owed: [Deed] = []
  var isRetired = false
  private var failsAt: Instant?

  init(_ wait: Wait) { self.wait = wait }

  var isUnderWay: Bool { if case .down = state { false } else { true } }

  var shownState: StateName {
    switch state {
    case .down(.stopped): .stopped
    case .down(.passed): .passed
    case .down(.failed): .failed
    case .probing, .pausing: .running
    }
  }

  var wakeUp: Instant? {
    switch state {
    case .down: nil
    case .probing(let at), .pausing(let at): min(at, failsAt ?? at)
    }
  }

  /// `isGood` is nil where the check was given up or could not be made.
  mutating func probed(isGood: Bool, at now: Instant) {
    guard case .probing = state else { return }
    state = isGood ? .down(.passed) : .pausing(until: now.advanced(by: wait.interval))
  }

  mutating func timePassed(at now: Instant) {
    let isOver = failsAt.map { $0 <= now } ?? false
    switch state {
    case .probing(let end) where isOver || end <= now:
      owed.append(.cancelProbe(.wait))
      state = isOver ? .down(.failed) : .pausing(until: now.advanced(by: wait.interval))
    case .pausing where isOver: state = .down(.failed)
    case .pausing(let end) where end <= now: owed.append(.probe(.wait))
    case .down, .probing, .pausing: break
    }
  }

  /// By the shutdown, or because the configuration has changed.
  mutating func stop() {
    if case .probing = state { owed.append(.cancelProbe(.wait)) }
    if isUnderWay { state = .down(.stopped) }
  }

  mutating func takeBack() { if !owed.isEmpty { (owed, state) = ([], before) } }

  /// Returns what is wrong with it.
  mutating func did(_ deed: Deed, _ grounds: Grounds, at now: Instant) -> String? {
    if let index = owed.firstIndex(of: deed) {
      owed.remove(at: index)
      if deed == .probe(.wait) { probe(at: now) }
      return nil
    }
    guard deed == .probe(.wait), case .down = state, grounds.isWanted else {
      return "\(deed) without a cause while \(shownState)"
    }
    failsAt = wait.timeout == .zero ? nil : now.advanced(by: wait.timeout)
    probe(at: now)
    return nil
  }

  private mutating func probe(at now: Instant) {
    state = .probing(givenUpAt: now.advanced(by: wait.probeTimeout + ProbeModel.margin))
  }
}
