internal import Linux
internal import SuperviseCore

/// Registrations with epoll(7) that the kernel refused for want of memory or because of its limit
/// (ENOMEM, ENOSPC of epoll_ctl(2)). Without a repetition PID 1 would never hear of the descriptor
/// again: a request without an answer, a role that is never read.
struct DeferredRegistrations {
  private struct Entry {
    var descriptor: Int32
    var interest: Interest
    var token: Token
    /// The descriptor is not registered yet.
    var isNew: Bool
  }

  private var entries: [Entry] = []
  private var delay = RetryDelay()

  /// The next attempt; nil: nothing is deferred.
  var dueAt: Instant? { entries.isEmpty ? nil : delay.dueAt }

  /// Registers now where possible, else later. Throws what a repetition does not change.
  mutating func add(
    _ descriptor: Int32, _ token: Token, to poller: some LoopBackend, at now: Instant
  ) throws(Errno) {
    do throws(Errno) { try poller.add(descriptor, .readable, token) } catch {
      guard error.isTransient || error == .noSpace else { throw error }
      put(.init(descriptor: descriptor, interest: .readable, token: token, isNew: true), now)
    }
  }

  /// Changes what the loop waits for now where possible, else later.
  mutating func change(
    _ descriptor: Int32, _ interest: Interest, _ token: Token, in poller: some LoopBackend,
    at now: Instant
  ) {
    if let index = entries.firstIndex(where: { $0.token == token }) {
      return entries[index].interest = interest
    }
    do throws(Errno) { try poller.change(descriptor, interest, token) } catch {
      guard error.isTransient else { return }
      put(.init(descriptor: descriptor, interest: interest, token: token, isNew: false), now)
    }
  }

  /// The descriptor is about to be closed.
  mutating func forget(_ token: Token) { entries.removeAll { $0.token == token } }

  /// Repeats what is due; what fails again stays.
  mutating func repeatDue(in poller: some LoopBackend, at now: Instant) {
    guard !entries.isEmpty, delay.isDue(at: now) else { return }
    var left: [Entry] = []
    for entry in entries {
      do throws(Errno) {
        entry.isNew
          ? try poller.add(entry.descriptor, entry.interest, entry.token)
          : try poller.change(entry.descriptor, entry.interest, entry.token)
      } catch {
        if error.isTransient || error == .noSpace { left.append(entry) }
      }
    }
    entries = left
    left.isEmpty ? delay.succeeded() : delay.failed(at: now)
  }

  private mutating func put(_ entry: Entry, _ now: Instant) {
    entries.append(entry)
    if delay.dueAt == nil { delay.failed(at: now) }
  }
}
