/// The least element first: a binary heap, so that one restart costs the same among ten programs
/// and among ten thousand.
struct PriorityQueue<Element: Comparable & Sendable>: Sendable, Equatable {
  private var heap: [Element] = []

  var first: Element? { heap.first }
  var isEmpty: Bool { heap.isEmpty }

  mutating func insert(_ element: Element) {
    heap.append(element)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// nil: it is empty.
  @discardableResult
  mutating func popFirst() -> Element? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    sink()
    return first
  }

  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && heap[right] < heap[left] ? right : left
      guard heap[least] < heap[parent] else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}

/// When an instance wants to be woken.
///
/// An instance whose deadline moved gets a new entry, and the old one is dropped when it comes up
/// and no longer agrees with the instance.
struct Deadline: Sendable, Comparable {
  var at: Instant
  var instance: InstanceID

  static func < (left: Deadline, right: Deadline) -> Bool {
    (left.at, left.instance.index) < (right.at, right.instance.index)
  }
}

/// A node whose turn has come, among others whose turn has come.
struct NodeTurn: Sendable, Comparable {
  /// What comes first whatever the rank.
  var precedence: Int
  var rank: Int
  var node: NodeID

  static func < (left: NodeTurn, right: NodeTurn) -> Bool {
    (left.precedence, left.rank, left.node.index)
      < (right.precedence, right.rank, right.node.index)
  }
}
