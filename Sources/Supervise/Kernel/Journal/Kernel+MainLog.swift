internal import Linux

/// Lines of the main log that wait for their reader.
extension Kernel {
  /// In nanoseconds: how long the end waits for the reader of the container's log, and for the
  /// logger.
  private static let longestDrain: UInt64 = 1_000_000_000
  private static let longestLoggerDrain: UInt64 = 200_000_000

  /// Once in each iteration: a place is watched only while lines wait for it.
  mutating func watchMainLog() {
    for index in narrator.log.places.indices {
      let place = narrator.log.places[index]
      if place.isWaiting != (place.watch != nil) { changeMainLogWatch(index) }
    }
  }

  private mutating func changeMainLogWatch(_ index: Int) {
    let descriptor = narrator.log.places[index].descriptor
    if let token = narrator.log.places[index].watch {
      unwatch(descriptor, token)
      narrator.log.places[index].watch = nil
      return
    }
    guard let token = try? watch(descriptor, .mainLog(index)) else { return }
    change(descriptor, .writable, token)
    narrator.log.places[index].watch = token
  }

  mutating func mainLogTakesMore(_ index: Int) { narrator.log.places[index].flush() }

  /// The logger is about to end, and reads what is in its pipes before.
  mutating func drainMainLogToLogger() {
    narrator.log.drainLogger(until: monotonicNanoseconds() + Kernel.longestLoggerDrain)
  }

  /// PID 1 is about to end, and no program runs any more.
  mutating func drainMainLog() {
    narrator.log.drainConsole(until: monotonicNanoseconds() + Kernel.longestDrain)
  }
}
