internal import Linux

/// Raw output of several streams to one place: lines stay whole, since each stream keeps the
/// beginning of a line back until its end comes, or for a second at most.
extension LoggerLoop {
  /// Longer than a program takes to write one line in several pieces, and no longer than somebody
  /// waits to see a prompt in a log.
  private static let longestHold: UInt64 = 1_000_000_000

  /// When lines are released or left-out lines are counted; nil: nothing wakes the logger.
  var nextDeadline: UInt64? {
    guard let report = lineLimits.nextReport else { return nextRelease }
    return min(report, nextRelease ?? .max)
  }

  func millisecondsToDeadline(at now: UInt64) -> Int32? {
    guard let due = nextDeadline else { return nil }
    return due <= now ? 0 : Int32(clamping: (due - now) / 1_000_000 + 1)
  }

  /// Before each read: streams come and go.
  mutating func noteSharing(_ index: Int) {
    guard let places = streams[index]?.source.places else { return }
    streams[index]?.pipeline.sharesItsPlace = places.contains(where: sinks.isShared)
  }

  /// With what can be written now in `product`: if there is any, what is held came after it; if
  /// not, it has waited since before.
  mutating func noteHeld(_ index: Int) {
    guard streams[index]?.pipeline.isHoldingRaw == true, let now = streams[index]?.lastRead else {
      streams[index]?.heldSince = nil
      return
    }
    if streams[index]?.heldSince == nil || !product.text.isEmpty { hold(index, since: now) }
  }

  /// A stream whose place was stuck was not read meanwhile.
  mutating func holdAnew(_ index: Int) {
    if streams[index]?.heldSince != nil { hold(index, since: monotonicNanoseconds()) }
  }

  private mutating func hold(_ index: Int, since time: UInt64) {
    streams[index]?.heldSince = time
    nextRelease = min(nextRelease ?? .max, time &+ LoggerLoop.longestHold)
  }

  /// `now` is from before the pipes were last looked at: an end that was there has been read.
  mutating func releaseLines(at now: UInt64) {
    guard let due = nextRelease, due <= now else { return }
    nextRelease = nil
    for index in streams.indices where streams[index]?.isPaused == false {
      guard let since = streams[index]?.heldSince else { continue }
      since &+ LoggerLoop.longestHold <= now ? releaseLine(index) : hold(index, since: since)
    }
  }

  private mutating func releaseLine(_ index: Int) {
    product.clear()
    streams[index]?.pipeline.releaseRaw(into: &product)
    deliver(index)
  }
}
