package import SuperviseCore

/// Spawns that the core has requested and PID 1 has not performed: first in, first out.
///
/// Starting a process takes PID 1 about half a millisecond, and the core may request thousands of
/// starts at one time. Between slices of the queue the loop looks at signals, children and clients.
package struct SpawnQueue {
  /// The time for one slice. A longer one delays the reaction to a signal, a shorter one costs
  /// system calls.
  static let slice = Duration.milliseconds(5)

  /// The ticket tells an entry that is still wanted from one that was cancelled.
  private struct Entry {
    var instance: InstanceID
    var ticket: UInt64
    /// Its command and user have just been looked up.
    var isLookedUp = false
  }

  private var entries: [Entry] = []
  private var head = 0
  /// By instance; 0: no spawn of it waits.
  private var tickets: [UInt64] = []
  private var lastTicket: UInt64 = 0
  private var count = 0

  package init() {}

  /// Whether no spawn waits.
  package var isEmpty: Bool { count == 0 }

  /// Adds a spawn at the end.
  package mutating func append(_ id: InstanceID) {
    entries.append(Entry(instance: id, ticket: ticket(id)))
  }

  /// Puts spawns that have waited for a lookup before all others, in their order.
  package mutating func prepend(_ ids: [InstanceID]) {
    guard !ids.isEmpty else { return }
    let first = ids.map { Entry(instance: $0, ticket: ticket($0), isLookedUp: true) }
    entries.replaceSubrange(..<head, with: first)
    head = 0
  }

  private mutating func ticket(_ id: InstanceID) -> UInt64 {
    while tickets.count <= id.index { tickets.append(0) }
    lastTicket += 1
    if tickets[id.index] == 0 { count += 1 }
    tickets[id.index] = lastTicket
    return lastTicket
  }

  /// Removes the spawn of this instance, if one waits.
  package mutating func cancel(_ id: InstanceID) {
    guard id.index < tickets.count, tickets[id.index] != 0 else { return }
    tickets[id.index] = 0
    count -= 1
  }

  /// Takes the next spawn; nil: none waits.
  package mutating func next() -> (instance: InstanceID, isLookedUp: Bool)? {
    while head < entries.count {
      let entry = entries[head]
      head += 1
      guard tickets[entry.instance.index] == entry.ticket else { continue }
      tickets[entry.instance.index] = 0
      count -= 1
      return (entry.instance, entry.isLookedUp)
    }
    entries.removeAll(keepingCapacity: entries.count < 1024)
    head = 0
    return nil
  }
}
