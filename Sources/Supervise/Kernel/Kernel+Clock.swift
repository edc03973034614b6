internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The clock on the wall, for crons: told to the core at the start and whenever it has been set.
extension Kernel {
  /// Two readings of the clocks, one after the other, never agree to the nanosecond.
  private static let tolerance: Int64 = 100_000_000

  var wallClock: WallClock {
    WallClock(showing: WallTime.now().nanosecondsSince1970, at: Kernel.now)
  }

  /// Before the first cron begins: to it any other clock would be one that has been set.
  mutating func beginWallClock() {
    guard !tellsWallClock else { return }
    tellsWallClock = true
    // Told only once it is watched: nothing that happens to it falls between the two.
    defer { deliver(.clockSet(wallClock)) }
    do throws(Errno) {
      let watch = Descriptor(adopting: try watchWallClock())
      try self.watch(watch.raw, .wallClock)
      wallClockWatch = watch.release()
    } catch {
      narrator.say(.warning, "cannot hear of it when the clock is set: \(error.message)")
    }
  }

  mutating func wallClockWasSet() {
    if let wallClockWatch { drainWallClockWatch(wallClockWatch) }
    deliver(.clockSet(wallClock))
  }

  /// Where the kernel of the machine does not say so by itself, it is seen at the next deadline.
  mutating func noticeUnwatchedClock() {
    guard tellsWallClock else { return }
    let present = wallClock
    guard abs(present.offset &- fleet.clock.offset) > Kernel.tolerance else { return }
    deliver(.clockSet(present))
  }
}
