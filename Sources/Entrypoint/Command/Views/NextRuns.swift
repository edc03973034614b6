internal import Linux
internal import ProgramSpec

/// `next`: when the crons of the configuration run, without a supervisor.
struct NextRuns {
  private struct Options {
    var names: [String] = []
    var count = 5
    /// Seconds since 1970, UTC.
    var from = WallTime.now().seconds
  }

  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    let options: Options
    do throws(UsageError) { options = try NextRuns.parse(arguments) } catch {
      printError(error.text)
      return ExitCode.usage
    }
    guard let reading = context.configuration() else { return ExitCode.usage }
    guard let configuration = reading.configuration else {
      for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
      return ExitCode.usage
    }
    return show(configuration, options)
  }

  private static func parse(_ arguments: [String]) throws(UsageError) -> Options {
    var options = Options()
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--count":
        guard let count = rest.popFirst().flatMap({ Int($0) }), (1...1_000_000).contains(count)
        else { throw UsageError(message: "--count takes a number from 1 up") }
        options.count = count
      case "--from":
        guard let from = rest.popFirst().flatMap(Moment.parse) else {
          throw UsageError(message: "--from takes a time like 2026-03-29T00:00:00Z")
        }
        options.from = from
      default:
        guard !word.hasPrefix("-") else {
          throw UsageError(message: "next does not know \(word)")
        }
        options.names.append(word)
      }
    }
    return options
  }

  private func show(_ configuration: Configuration, _ options: Options) -> Int32 {
    let crons = configuration.units.compactMap { unit -> (name: String, cron: Cron)? in
      guard case .cron(let cron) = unit.work else { return nil }
      return (unit.name, cron)
    }
    var code = ExitCode.success
    for name in options.names where !crons.contains(where: { $0.name == name }) {
      printOut("\(name): ERROR (no such cron)\n")
      code = ExitCode.failure
    }
    for (name, cron) in crons where options.names.isEmpty || options.names.contains(name) {
      for line in lines(cron.schedule, options) { printOut("\(name.padded(to: 24)) \(line)\n") }
    }
    return code
  }

  private func lines(_ schedule: Schedule, _ options: Options) -> [String] {
    switch schedule {
    case .once: return ["once, when everything has started"]
    case .every(let interval):
      return ["every \(interval.components.seconds)s from when everything has started"]
    case .calendar(let calendar, let zone):
      var time = options.from
      return (0..<options.count).compactMap { _ in
        guard let next = calendar.next(after: time, in: zone) else { return nil }
        time = next
        return zone.rfc3339(next)
      }
    }
  }
}

/// `2026-03-29T00:00:00Z`.
private enum Moment {
  static func parse(_ text: String) -> Int64? {
    let pattern = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    let bytes = Array(text.utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard bytes.count == pattern.count,
      zip(bytes, pattern).allSatisfy({ $1 == UInt8(ascii: "d") ? digits ~= $0 : $0 == $1 })
    else { return nil }
    let parts = text.split { !$0.isNumber }.compactMap { Int64($0) }
    guard parts.count == 6, (1...12).contains(parts[1]), (1...31).contains(parts[2]),
      parts[3] < 24, parts[4] < 60, parts[5] < 60
    else { return nil }
    let date = CivilDate(year: parts[0], month: Int(parts[1]), day: Int(parts[2]))
    return date.days * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
  }
}
