/// Whether a role still reads its channel: after traffic the supervisor sends a request that the
/// role answers behind everything that was sent before.
///
/// There is a deadline only after traffic, so an idle supervisor is never woken.
package struct RoleWatch: Sendable, Equatable {
  private enum State: Sendable, Equatable {
    /// Everything that was sent has been read.
    case quiet
    /// Something was sent soon after the last request; the next request is due at this time.
    case due(Instant)
    case waiting(Wait)
  }

  private struct Wait: Sendable, Equatable {
    var until: Instant
    /// Something was sent behind the request, so its answer does not cover it.
    var isFollowed = false
    /// The role has sent something else since the request.
    var hasShownLife = false
  }

  package enum Verdict: Sendable, Equatable {
    case nothing
    /// Send the request.
    case ask
    /// The role has done nothing for `patience`.
    case hangs
  }

  /// How long a role may take to answer.
  package static let patience = Duration.seconds(10)
  /// The shortest time between two requests, so that traffic costs at most one request a second.
  package static let interval = Duration.seconds(1)
  /// The supervisor that notices a deadline so late did not run itself, as in a container that was
  /// paused, and the role gets its time again.
  package static let lateness = Duration.seconds(1)

  private var state = State.quiet
  private var lastAsked: Instant?

  package init() {}

  /// nil: there is nothing to wait for.
  package var deadline: Instant? {
    switch state {
    case .quiet: nil
    case .due(let at): at
    case .waiting(let wait): wait.until
    }
  }

  /// The role is to do something. True: send the request now.
  package mutating func sent(at now: Instant) -> Bool {
    switch state {
    case .due: return false
    case .waiting(var wait):
      wait.isFollowed = true
      state = .waiting(wait)
      return false
    case .quiet:
      if let lastAsked, now.elapsed(since: lastAsked) < RoleWatch.interval {
        state = .due(lastAsked.advanced(by: RoleWatch.interval))
        return false
      }
      ask(at: now)
      return true
    }
  }

  /// The answer to the request; one that no request precedes is ignored.
  package mutating func answered(at now: Instant) {
    guard case .waiting(let wait) = state else { return }
    let next = (lastAsked ?? now).advanced(by: RoleWatch.interval)
    state = wait.isFollowed ? .due(max(now, next)) : .quiet
  }

  /// The role has sent anything else. The answer may have been lost in a full channel.
  package mutating func showedLife() {
    guard case .waiting(var wait) = state else { return }
    wait.hasShownLife = true
    state = .waiting(wait)
  }

  package mutating func deadlinePassed(at now: Instant) -> Verdict {
    switch state {
    case .quiet: return .nothing
    case .due(let at):
      guard now >= at else { return .nothing }
      ask(at: now)
      return .ask
    case .waiting(let wait):
      guard now >= wait.until else { return .nothing }
      let isLate = now.elapsed(since: wait.until) >= RoleWatch.lateness
      guard wait.hasShownLife || isLate else { return .hangs }
      ask(at: now)
      return .ask
    }
  }

  /// The role cannot be replaced now; it gets its time again.
  package mutating func excuse(at now: Instant) { ask(at: now) }

  private mutating func ask(at now: Instant) {
    lastAsked = now
    state = .waiting(Wait(until: now.advanced(by: RoleWatch.patience)))
  }
}
