internal import Linux

/// Raw output of several streams to one place: lines stay whole, since each stream keeps the
/// beginning of a line back until its end comes, or for a second at most.
extension LoggerLoop {
  /// Longer than a program takes to write one line in several pieces, and no longer than somebody
  /// waits to see a prompt in a log.
  private static let longestHold: UInt64 = 1_000_000_000

  /// nil: nothing is held back, and nothing wakes us.
  var millisecondsToRelease: Int32? {
    guard let nextRelease else { return nil }
    let now = monotonicNanoseconds()
    return nextRelease <= now ? 0 : Int32(clamping: (nextRelease - now) / 1_000_000 + 1)
  }

  /// Before each read: streams come and go.
  mutating func noteSharing(_ index: Int) {
    guard let places = streams[index]?.source.places else { return }
    streams[index]?.pipeline.sharesItsPlace = places.contains(where: sinks.isShared)
  }

  /// Whenever `product` is what can be logged of it: what is held back then has just come, unless
  /// nothing can.
  mutating func noteHeld(_ index: Int) {
    guard streams[index]?.pipeline.isHoldingRaw == true, let now = streams[index]?.lastRead else {
      streams[index]?.heldSince = nil
      return
    }
    guard streams[index]?.heldSince == nil || !product.text.isEmpty else { return }
    streams[index]?.heldSince = now
    nextRelease = min(nextRelease ?? .max, now &+ LoggerLoop.longestHold)
  }

  mutating func releaseLines() {
    guard let due = nextRelease else { return }
    let now = monotonicNanoseconds()
    guard due <= now else { return }
    nextRelease = nil
    for index in streams.indices { releaseLine(index, now) }
  }

  /// A stream whose place is stuck waits on, and so does its program.
  private mutating func releaseLine(_ index: Int, _ now: UInt64) {
    guard streams[index]?.pipeline.isHoldingRaw == true, let since = streams[index]?.heldSince
    else { return }
    let isPaused = streams[index]?.isPaused == true
    let due = (isPaused ? now : since) &+ LoggerLoop.longestHold
    guard due <= now else {
      nextRelease = min(nextRelease ?? .max, due)
      return
    }
    product.clear()
    streams[index]?.pipeline.releaseRaw(into: &product)
    deliver(index)
  }
}
