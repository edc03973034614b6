internal import Linux

/// What the poller watches, by the upper bits of a token's slot.
enum Place: UInt32 {
  case channel = 0
  case listener = 1
  case connection = 2
  case ask = 3

  static func of(_ token: Token) -> Place? { Place(rawValue: token.slot >> 24) }
}

/// Tenants and the tokens they are found by; a token whose tenant has left finds nobody, also when
/// the place was taken again.
struct SlotTable<Tenant: AnyObject> {
  private struct Slot {
    var generation: UInt32 = 0
    var tenant: Tenant?
  }

  private let place: Place
  private var slots: [Slot] = []
  private var vacant: [Int] = []
  private(set) var count = 0

  init(_ place: Place) { self.place = place }

  var tenants: [Tenant] { slots.compactMap(\.tenant) }

  subscript(_ token: Token) -> Tenant? {
    let index = Int(token.slot & 0xFF_FFFF)
    guard Place.of(token) == place, index < slots.count,
      slots[index].generation == token.generation
    else { return nil }
    return slots[index].tenant
  }

  @discardableResult
  mutating func insert(_ make: (Token) -> Tenant) -> Tenant {
    let index = vacant.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    let slot = place.rawValue << 24 | UInt32(truncatingIfNeeded: index)
    let tenant = make(Token(slot: slot, generation: slots[index].generation))
    slots[index].tenant = tenant
    count += 1
    return tenant
  }

  mutating func remove(_ token: Token) {
    guard self[token] != nil else { return }
    let index = Int(token.slot & 0xFF_FFFF)
    slots[index].tenant = nil
    slots[index].generation &+= 1
    vacant.append(index)
    count -= 1
  }
}
