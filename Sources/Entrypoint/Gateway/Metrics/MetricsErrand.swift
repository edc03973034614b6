internal import ControlProtocol
internal import HTTP
internal import Linux

/// `/metrics`, for Prometheus: PID 1 and the logger tell what they have counted, and what processes
/// use we look up ourselves.
struct MetricsErrand: ErrandCourse {
  let usage: UsageMemory

  func start() -> Progress { .ask("metrics") }

  func take(_ answer: ControlAnswer) -> Progress {
    guard answer.fault == nil, let ourselves = answer.lines.first else {
      return .reply(.json(.unavailable, .problem(.unavailable)))
    }
    let processes = ProcessUsage.all()
    let body = MetricsErrand.text(
      ourselves, Array(answer.lines.dropFirst()), usage, processes)
    return .reply(Reply(.ok, Exposition.contentType, body).uncached)
  }

  static func text(
    _ ourselves: JSONValue, _ units: [JSONValue], _ usage: UsageMemory,
    _ processes: [ProcessUsage]
  ) -> [UInt8] {
    var exposition = Exposition()
    SupervisorMetrics(line: ourselves).add(to: &exposition, usage, processes)
    let all = units.map(UnitLine.init)
    UnitMetrics(units: all).add(to: &exposition)
    UnitMetrics(units: all).addUsage(to: &exposition, usage, processes)
    CountedMetrics(units: all).add(to: &exposition)
    return exposition.bytes
  }
}

/// One instance, as PID 1 tells of it.
struct UnitLine {
  let line: JSONValue
  let labels: [Exposition.Label]

  init(_ line: JSONValue) {
    self.line = line
    labels = ["name", "unit"].map { .init(name: $0, value: line[$0]?.text ?? "") }
  }

  var name: String { line["name"]?.text ?? "" }
  var pid: Int32 { Int32(clamping: line["pid"]?.integer ?? 0) }
  var isProgram: Bool { line["restarts"] != nil }

  /// nil where PID 1 has not told it.
  func number(_ key: String) -> Double? { line[key]?.number }
}

extension JSONValue {
  /// Truth is 1.
  var number: Double? {
    switch self {
    case .number(let number): number
    case .bool(let flag): flag ? 1 : 0
    case .string, .null, .array, .object: nil
    }
  }
}
