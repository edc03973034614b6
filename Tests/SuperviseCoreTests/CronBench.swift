import ProgramSpec
import SuperviseCore

/// One cron, from a time of day.
struct CronBench {
  var bench: Bench
  private let began: Int64
  private var step: Int64 = 0
  private var asks: UInt64 = 0

  init(
    _ schedule: String, _ zone: TimeZone, startingAt second: Int64,
    _ change: (inout Cron) -> Void = { _ in }
  ) throws {
    self.init(try CronBench.configuration(schedule, zone, change), startingAt: second)
  }

  init(_ configuration: Configuration, startingAt second: Int64) {
    bench = Bench(configuration)
    began = second
    bench.feed(.clockSet(WallClock(offset: second * 1_000_000_000)))
    bench.feed(.began)
  }

  static func configuration(
    _ schedule: String, _ zone: TimeZone, _ change: (inout Cron) -> Void
  ) throws -> Configuration {
    let written = try Schedule.parse(schedule).inZone(zone)
    var cron = Cron(execution: Execution(arguments: ["c"]), schedule: written)
    change(&cron)
    var configuration = Configuration()
    configuration.units = [Unit(name: "c", work: .cron(cron))]
    return configuration
  }

  mutating func pass(_ duration: Duration) { bench.pass(duration) }

  mutating func set(by seconds: Int64) {
    step += seconds
    bench.feed(.clockSet(WallClock(offset: (began + step) * 1_000_000_000)))
  }

  mutating func ask(_ request: Request) {
    asks += 1
    bench.feed(.asked(AskID(asks), request))
  }

  private var fires: [(at: Instant, scheduled: Int64?)] {
    bench.effects.compactMap { effect in
      guard case .record(let record) = effect,
        case .cron(.fired(let scheduled)) = record.happening
      else { return nil }
      return (record.at, scheduled)
    }
  }

  /// Whole seconds from the start.
  var elapsed: [Int64] { fires.map { Int64($0.at.nanoseconds / 1_000_000_000) } }
  /// On the clock as it was at the start.
  var times: [Int64] { elapsed.map { began + $0 } }
  var scheduled: [Int64] { fires.compactMap(\.scheduled) }

  var skips: [SkipReason] {
    bench.effects.compactMap { effect in
      guard case .record(let record) = effect, case .cron(.skipped(let reason)) = record.happening
      else { return nil }
      return reason
    }
  }
}
