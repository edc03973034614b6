import ProgramSpec
import SuperviseCore

/// The clock on the wall, which begins a little before daylight saving does or ends, and is set
/// whenever somebody cares to.
extension SimulatedKernel {
  /// 2026-03-29 and 2026-10-25, 01:00 UTC.
  private static let changes: [Int64] = [1_774_746_000, 1_792_890_000]

  static func clock(_ random: inout RandomSource, at now: Instant) -> WallClock {
    let second = random.pick(changes) - Int64(random.upTo(90))
    return WallClock(showing: second * 1_000_000_000, at: now)
  }

  mutating func setClock(_ clock: WallClock) {
    wallClock = clock
    oracle.clockSet(clock, at: now)
    deliver(.clockSet(clock))
  }

  mutating func sometimesSetClock() {
    guard random.chance(weather.clockSteps) else { return }
    let step = random.pick([1, 2, 30, 90, 600, 3600, 5 * 3600] as [Int64])
    let direction: Int64 = random.upTo(1) == 0 ? 1 : -1
    let nanoseconds = direction * step * 1_000_000_000 + Int64(random.upTo(999_999_999))
    setClock(WallClock(offset: wallClock.offset + nanoseconds))
  }
}
