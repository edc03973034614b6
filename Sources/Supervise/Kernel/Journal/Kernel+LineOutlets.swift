internal import Linux

/// Lines of the main log and of the journal's file that wait for their reader.
extension Kernel {
  /// In nanoseconds: how long the end waits for the reader of the container's log, and for the
  /// logger.
  private static let longestDrain: UInt64 = 1_000_000_000
  private static let longestLoggerDrain: UInt64 = 200_000_000

  /// Once in each iteration: an outlet is watched only while lines wait for it.
  mutating func watchLineOutlets() {
    for index in narrator.log.places.indices {
      let token = watch(of: narrator.log.places[index], .mainLog(index))
      narrator.log.places[index].watch = token
    }
    guard let journal = journalOutlet else { return }
    let token = watch(of: journal, .journal)
    journalOutlet?.watch = token
  }

  /// The registration that the outlet needs from now on.
  private mutating func watch(of outlet: LineOutlet, _ source: Source) -> Token? {
    guard outlet.isWaiting != (outlet.watch != nil) else { return outlet.watch }
    if let token = outlet.watch {
      unwatch(outlet.descriptor, token)
      return nil
    }
    guard let token = try? watch(outlet.descriptor, source) else { return nil }
    change(outlet.descriptor, .writable, token)
    return token
  }

  mutating func mainLogTakesMore(_ index: Int) { narrator.log.places[index].flush() }

  /// Records that were lost are counted as soon as there is room, and not only with the next one.
  mutating func journalTakesMore() {
    journalOutlet?.flush()
    if journalOutlet?.isWaiting == false { writeJournal([]) }
  }

  /// A line of the journal's file: each whole, however long, or not at all, since half of one would
  /// spoil the next.
  mutating func writeJournal(_ line: [UInt8]) {
    guard let lost = journalOutlet?.lostLines, lost > 0 || !line.isEmpty else { return }
    let notice = lost > 0 ? journalRenderer.lost(lost, at: Kernel.now) : []
    journalOutlet?.write(line, after: notice)
  }

  /// The logger is about to end, and reads what is in its pipes before.
  mutating func drainToLogger() {
    let deadline = monotonicNanoseconds() + Kernel.longestLoggerDrain
    narrator.log.drainLogger(until: deadline)
    journalOutlet?.drain(until: deadline)
    writeJournal([])
  }

  /// PID 1 is about to end, and no program runs any more.
  mutating func drainMainLog() {
    narrator.log.drainConsole(until: monotonicNanoseconds() + Kernel.longestDrain)
  }
}
