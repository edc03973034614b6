/// The graph as a picture: waves from left to right, a box for each unit, an arrow for each edge.
struct GraphDrawing {
  private static let boxWidth = 150
  private static let boxHeight = 40
  private static let gapAcross = 70
  private static let gapDown = 18
  private static let margin = 20

  private let graph: StartGraph
  private var places: [Int: (x: Int, y: Int)] = [:]
  private var size = (width: 0, height: 0)

  init(_ graph: StartGraph) {
    self.graph = graph
    let waves = graph.waves
    let tallest = waves.map(\.count).max() ?? 0
    let row = Self.boxHeight + Self.gapDown
    size = (
      2 * Self.margin + waves.count * (Self.boxWidth + Self.gapAcross) - Self.gapAcross,
      2 * Self.margin + tallest * row - Self.gapDown
    )
    for (column, wave) in waves.enumerated() {
      let top = Self.margin + (tallest - wave.count) * row / 2
      for (line, index) in wave.enumerated() {
        places[index] = (
          Self.margin + column * (Self.boxWidth + Self.gapAcross), top + line * row
        )
      }
    }
  }

  var svg: String {
    let style =
      "text{font:13px sans-serif;fill:#222}.kind{font-size:10px;fill:#777}"
      + "rect{fill:#fff;stroke:#888}path{fill:none;stroke:#999}"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(max(1, size.width)) \
      \(max(1, size.height))"><style>\(style)</style>
      <defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" \
      markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8" style="fill:#999"/></marker></defs>
      \(graph.edges.map(arrow).joined())\(graph.boxes.indices.map(box).joined())</svg>

      """
  }

  private func arrow(_ edge: (from: Int, to: Int)) -> String {
    guard let from = places[edge.from], let to = places[edge.to] else { return "" }
    let start = (x: from.x + Self.boxWidth, y: from.y + Self.boxHeight / 2)
    let end = (x: to.x, y: to.y + Self.boxHeight / 2)
    let middle = (start.x + end.x) / 2
    return "<path d=\"M\(start.x) \(start.y)C\(middle) \(start.y) \(middle) \(end.y) "
      + "\(end.x) \(end.y)\" marker-end=\"url(#a)\"/>\n"
  }

  private func box(_ index: Int) -> String {
    guard let place = places[index] else { return "" }
    let unit = graph.boxes[index]
    return "<rect x=\"\(place.x)\" y=\"\(place.y)\" width=\"\(Self.boxWidth)\" "
      + "height=\"\(Self.boxHeight)\" rx=\"5\"/>"
      + "<text x=\"\(place.x + 10)\" y=\"\(place.y + 18)\">\(unit.name.xmlEscaped)</text>"
      + "<text class=\"kind\" x=\"\(place.x + 10)\" y=\"\(place.y + 32)\">\(unit.kind)</text>\n"
  }
}

extension String {
  var xmlEscaped: String {
    var result = ""
    for character in self {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
