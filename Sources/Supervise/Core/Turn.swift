/// What a state machine is lent while it handles one event: the time, its own name, chance, and
/// the list its effects go to.
struct Turn {
  let now: Instant
  var clock: WallClock
  var id: InstanceID
  var random: RandomSource
  var effects: [Effect] = []

  mutating func record(_ happening: Happening) {
    effects.append(.record(Record(at: now, instance: id, happening: happening)))
  }

  mutating func abandoned(_ pid: Int32) {
    record(.processesAbandoned([AbandonedProcess(instance: id, pid: pid)]))
  }

  mutating func moved(_ from: StateName, _ to: StateName, pid: Int32? = nil, because: Reason? = nil)
  {
    record(.moved(from: from, to: to, pid: pid, because: because))
  }
}
