/// The newest records of several holders in a bounded memory, in which no holder loses a record
/// while it has less than an equal share: a unit that restarts all day displaces its own records,
/// and not those of a quiet unit.
struct FairRing<Element> {
  private struct Slot {
    var element: Element
    /// In the order of all elements.
    var number: Int
    /// The slot of the holder's next element; -1: this is its newest one.
    var next = -1
  }

  private struct Holder {
    var oldest = -1
    var newest = -1
    var count = 0
  }

  private let capacity: Int
  private var slots: [Slot] = []
  private var holders: [Holder] = []
  /// Holders that have an element.
  private var activeHolders = 0
  /// Where the search for a holder that has its share begins.
  private var hand = 0
  private var count = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Holders are numbered from 0 on, without large gaps.
  mutating func append(_ element: Element, of holder: Int) {
    while holders.count <= holder { holders.append(Holder()) }
    var slot = slots.count
    if slots.count < capacity {
      slots.append(Slot(element: element, number: count))
    } else {
      slot = takeOldest(of: has(holder, itsShareOf: capacity) ? holder : nextWithShare())
      slots[slot] = Slot(element: element, number: count)
    }
    count += 1
    add(slot, to: holder)
  }

  /// Oldest first.
  var elements: [Element] { slots.sorted { $0.number < $1.number }.map(\.element) }

  private func has(_ holder: Int, itsShareOf capacity: Int) -> Bool {
    holders[holder].count > 0 && holders[holder].count * activeHolders >= capacity
  }

  /// All slots are taken, so at least one holder has its share.
  private mutating func nextWithShare() -> Int {
    while !has(hand, itsShareOf: capacity) { hand = hand + 1 < holders.count ? hand + 1 : 0 }
    return hand
  }

  private mutating func takeOldest(of holder: Int) -> Int {
    let slot = holders[holder].oldest
    holders[holder].oldest = slots[slot].next
    holders[holder].count -= 1
    if holders[holder].count == 0 {
      holders[holder] = Holder()
      activeHolders -= 1
    }
    return slot
  }

  private mutating func add(_ slot: Int, to holder: Int) {
    if holders[holder].count == 0 {
      holders[holder].oldest = slot
      activeHolders += 1
    } else {
      slots[holders[holder].newest].next = slot
    }
    holders[holder].newest = slot
    holders[holder].count += 1
  }
}
