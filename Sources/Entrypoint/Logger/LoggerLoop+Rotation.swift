internal import Linux
internal import LoggerProtocol

/// Files at midnight, and rotated ones that are compressed.
extension LoggerLoop {
  mutating func watchRotation() {
    poller.addWaiting(children.raw, .readable, Token(slot: Slot.children, generation: 0))
    poller.addWaiting(midnight.raw, .readable, Token(slot: Slot.midnight, generation: 0))
  }

  /// One wake-up a day, and only where a log asks for it.
  func armMidnight() { try? midnight.arm(at: LocalDay.turn(after: WallTime.now().seconds)) }

  mutating func dayHasTurned() {
    let clockWasSet = midnight.drain()
    for failure in sinks.turn(to: LocalDay.today, clockWasSet: clockWasSet) { report(failure, 0) }
    armMidnight()
    compress()
  }

  mutating func compress() {
    guard sinks.compressor.canStart, let failure = sinks.compressor.start() else { return }
    report(.notCompressed(path: failure.path, reason: failure.reason), of: failure.path)
  }

  mutating func childHasEnded() {
    while children.next() != nil {}
    if let failure = sinks.compressor.end() {
      report(.notCompressed(path: failure.path, reason: failure.reason), of: failure.path)
    }
    compress()
  }
}
