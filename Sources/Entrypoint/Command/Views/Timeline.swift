internal import ControlProtocol
internal import Linux

/// When each unit began and when it was there, as the journal tells.
struct Timeline: Equatable {
  struct Row: Equatable {
    var name: String
    var unit: String
    var began: Double
    /// nil: not yet, or never.
    var ready: Double?
    var ended: Double?
    var state: String
  }

  private(set) var rows: [Row] = []
  private(set) var lastMoment = 0.0

  init(_ journal: [JSONValue]) {
    for line in journal {
      guard let at = line["at"]?.double else { continue }
      lastMoment = max(lastMoment, at)
      if let to = line["to"]?.text { move(line, to, at) }
    }
  }

  private mutating func move(_ line: JSONValue, _ to: String, _ at: Double) {
    let name = line.name
    guard let index = rows.firstIndex(where: { $0.name == name }) else {
      rows.append(
        Row(name: name, unit: line["unit"]?.text ?? name, began: at, state: to))
      return
    }
    rows[index].state = to
    switch to {
    case "ready", "passed", "succeeded": if rows[index].ready == nil { rows[index].ready = at }
    case "stopped", "exited", "failed", "fatal": rows[index].ended = at
    default: break
    }
  }

  /// When a unit, or one process of it, was first begun, and when all of it was there.
  func span(of unit: String) -> (began: Double, ready: Double?)? {
    let found = rows.filter { $0.unit == unit || $0.name == unit }
    guard let began = found.map(\.began).min() else { return nil }
    let times = found.compactMap(\.ready)
    return (began, times.count == found.count ? times.max() : nil)
  }
}

/// `timeline`: text, JSON or a picture.
struct TimelineView {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    guard arguments.count <= 1, arguments.allSatisfy(["--json", "--svg"].contains) else {
      printError(UsageError(message: "timeline takes one of --json, --svg").text)
      return ExitCode.usage
    }
    do throws(ConnectionProblem) {
      let journal = try ControlConnection.ask("journal", at: context.socket)
      let timeline = Timeline(journal)
      switch arguments.first {
      case "--json": printOut(JSONText.array(journal))
      case "--svg": printOut(TimelineDrawing(timeline).svg)
      default: printOut(TimelineText(timeline).text)
      }
      return ExitCode.success
    } catch {
      return context.complain(error)
    }
  }
}

/// A bar for each unit: dotted while it starts, solid once it is there.
struct TimelineText {
  private static let barWidth = 40
  private let timeline: Timeline

  init(_ timeline: Timeline) { self.timeline = timeline }

  var text: String {
    let width = timeline.rows.map { $0.name.utf8.count }.max() ?? 0
    let end = max(timeline.rows.map { $0.ready ?? $0.began }.max() ?? 0, 0.001) * 1.05
    return timeline.rows.map { row in
      let ready = row.ready.map { "\(Seconds.text($0))s" } ?? row.state
      return "\(row.name.padded(to: width))  \(Seconds.text(row.began).leftPadded(to: 8))s  "
        + "\(bar(row, end))  \(ready)\n"
    }.joined()
  }

  private func bar(_ row: Timeline.Row, _ end: Double) -> String {
    let scale = Double(Self.barWidth) / end
    let first = min(Self.barWidth - 1, Int(row.began * scale))
    let ready = row.ready.map { min(Self.barWidth - 1, max(first, Int($0 * scale))) }
    return (0..<Self.barWidth).map { column in
      if column < first { return " " }
      guard let ready else { return "·" }
      return column < ready ? "·" : "█"
    }.joined()
  }
}

struct TimelineDrawing {
  private let timeline: Timeline

  init(_ timeline: Timeline) { self.timeline = timeline }

  var svg: String {
    let end = max(timeline.lastMoment, 0.001)
    let height = 24 * timeline.rows.count + 30
    let bars = timeline.rows.enumerated().map { bar($0.offset, $0.element, end) }.joined()
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 \(height)">\
      <style>text{font:12px sans-serif}.w{fill:#d9d9d9}.r{fill:#4c9f70}</style>
      \(bars)<text x="180" y="\(height - 8)">0s</text>\
      <text x="800" y="\(height - 8)">\(Seconds.text(end))s</text></svg>

      """
  }

  private func bar(_ index: Int, _ row: Timeline.Row, _ end: Double) -> String {
    let top = 24 * index + 6
    let scale = 660 / end
    let began = 180 + row.began * scale
    let ready = row.ready.map { 180 + $0 * scale } ?? 840
    let ended = row.ended.map { 180 + max($0, row.ready ?? $0) * scale } ?? 840
    let waiting =
      "<rect class=\"w\" x=\"\(began)\" y=\"\(top)\" width=\"\(max(1, ready - began))\" "
    let up = "<rect class=\"r\" x=\"\(ready)\" y=\"\(top)\" width=\"\(max(0, ended - ready))\" "
    return "<text x=\"4\" y=\"\(top + 12)\">\(row.name.xmlEscaped)</text>\(waiting)height=\"14\"/>"
      + (row.ready == nil ? "\n" : "\(up)height=\"14\"/>\n")
  }
}
