/// Which instance wants to be woken next: a binary heap, so that one restart costs the same
/// among ten programs and among ten thousand.
///
/// Entries are never searched for: an instance whose deadline moved gets a new entry, and the old
/// one is dropped when it comes up and no longer agrees with the instance.
struct DeadlineQueue: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var at: Instant
    var instance: InstanceID
  }

  private var heap: [Entry] = []

  var earliest: Entry? { heap.first }
  var count: Int { heap.count }

  mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].at < heap[parent].at else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func removeEarliest() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    sink()
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && heap[right].at < heap[left].at ? right : left
      guard heap[least].at < heap[parent].at else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
