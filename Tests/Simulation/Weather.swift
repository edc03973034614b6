import ProgramSpec
import SuperviseCore

/// What goes wrong in one run. For each seed every kind of trouble is off with one chance in two,
/// else it has a rate of its own: calm runs find other bugs than storms do.
struct Weather: CustomStringConvertible {
  /// Chances in a hundred.
  var spawnFails: UInt64
  /// Spawns that are answered after other events.
  var spawnWaits: UInt64
  var setUpFails: UInt64
  var diesEarly: UInt64
  var diesLater: UInt64
  var ignoresTerm: UInt64
  var obeysLate: UInt64
  var probeFails: UInt64
  var probeHangs: UInt64
  /// No process is left for a check.
  var probeRefused: UInt64
  var signalRefused: UInt64
  var listenerHangs: UInt64
  var outgrows: UInt64
  var stopCommandFails: UInt64
  var stopCommandHangs: UInt64
  /// Nothing ends the process; a run of its own sets the rate.
  var unkillable: UInt64 = 0
  var asks: UInt64
  /// Groups that are taken away and come back.
  var changes: UInt64
  /// The clock on the wall is set.
  var clockSteps: UInt64
  /// Messages by sd_notify(3), one after the other.
  var notifies: UInt64
  var hurries: Bool
  /// The end is a beginning.
  var reloads: Bool
  var leavesOrphans: Bool

  init(_ random: inout RandomSource) {
    func rate(_ most: UInt64) -> UInt64 {
      random.upTo(1) == 0 ? 0 : 1 + random.upTo(most - 1)
    }
    spawnFails = rate(30)
    setUpFails = rate(30)
    diesEarly = rate(60)
    diesLater = rate(60)
    ignoresTerm = rate(50)
    obeysLate = rate(60)
    probeFails = rate(90)
    probeHangs = rate(30)
    signalRefused = rate(5)
    asks = rate(40)
    hurries = random.upTo(3) == 0
    leavesOrphans = random.upTo(1) == 0
    changes = rate(30)
    reloads = random.upTo(4) == 0
    listenerHangs = rate(50)
    clockSteps = rate(10)
    outgrows = rate(60)
    stopCommandFails = rate(60)
    stopCommandHangs = rate(40)
    probeRefused = rate(60)
    spawnWaits = rate(90)
    notifies = rate(80)
  }

  var description: String {
    """
    spawn \(spawnFails) waits \(spawnWaits) \
    set-up \(setUpFails) early \(diesEarly) later \(diesLater) \
    ignores \(ignoresTerm) late \(obeysLate) probe \(probeFails) hangs \(probeHangs) \
    never \(probeRefused) \
    unkillable \(unkillable) refused \(signalRefused) listener \(listenerHangs) \
    outgrows \(outgrows) stop command \(stopCommandFails) \(stopCommandHangs) \
    notifies \(notifies) asks \(asks) clock \(clockSteps) changes \(changes) \
    hurries \(hurries) orphans \(leavesOrphans)
    """
  }
}

extension RandomSource {
  mutating func chance(_ inHundred: UInt64) -> Bool { inHundred > 0 && upTo(99) < inHundred }

  mutating func duration(upToMilliseconds bound: UInt64) -> Duration {
    .milliseconds(Int64(upTo(bound)))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(upTo(UInt64(elements.count - 1)))]
  }
}
