internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// `graph`: what starts after what.
struct GraphView {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    let forms = ["--mermaid", "--dot", "--svg"]
    guard arguments.count <= 1, arguments.allSatisfy(forms.contains) else {
      printError(UsageError(message: "graph takes one of --mermaid, --dot, --svg").text)
      return ExitCode.usage
    }
    guard let reading = context.configuration() else { return ExitCode.usage }
    guard let configuration = reading.configuration else {
      for diagnostic in reading.diagnostics { printError("\(diagnostic)\n") }
      return ExitCode.usage
    }
    let graph = StartGraph(Plan(configuration), configuration)
    switch arguments.first {
    case "--mermaid": printOut(graph.mermaid)
    case "--dot": printOut(graph.dot)
    case "--svg": printOut(GraphDrawing(graph).svg)
    default: printOut(graph.text)
    }
    return ExitCode.success
  }
}

/// The units in waves: those of one wave may start at the same time, once all they wait for is
/// there.
struct StartGraph {
  struct Box: Equatable {
    var name: String
    var kind: String
    var wave: Int
    /// Indices of the boxes it waits for, barriers opened up.
    var needs: [Int]
  }

  private(set) var boxes: [Box] = []

  init(_ plan: Plan, _ configuration: Configuration) {
    let direct = plan.nodes.indices.map { StartGraph.units(before: $0, plan) }
    var waves = Array(repeating: 0, count: plan.nodes.count)
    // As often as the longest chain is long; the graph has no cycles.
    for _ in plan.nodes.indices {
      var changed = false
      for index in configuration.units.indices {
        let wave = direct[index].map { waves[$0] + 1 }.max() ?? 0
        if wave != waves[index] { (waves[index], changed) = (wave, true) }
      }
      if !changed { break }
    }
    for (index, unit) in configuration.units.enumerated() {
      boxes.append(
        Box(name: unit.name, kind: unit.kindName, wave: waves[index], needs: direct[index]))
    }
  }

  private static func units(before index: Int, _ plan: Plan) -> [Int] {
    var found: [Int] = []
    var open = plan.nodes[index].requires + plan.nodes[index].follows
    while let next = open.popLast() {
      if plan.nodes[next.index].isBarrier {
        open += plan.nodes[next.index].requires
      } else if !found.contains(next.index) {
        found.append(next.index)
      }
    }
    return found.sorted()
  }

  var waves: [[Int]] {
    let last = boxes.map(\.wave).max() ?? -1
    return (0...max(0, last)).map { wave in boxes.indices.filter { boxes[$0].wave == wave } }
      .filter { !$0.isEmpty }
  }

  /// Edges that other edges do not imply.
  var edges: [(from: Int, to: Int)] {
    boxes.indices.flatMap { index in
      boxes[index].needs.filter { need in
        !boxes[index].needs.contains { $0 != need && reaches(from: $0, need) }
      }.map { (from: $0, to: index) }
    }
  }

  private func reaches(from start: Int, _ goal: Int) -> Bool {
    var open = boxes[start].needs
    var seen: Set<Int> = []
    while let next = open.popLast() {
      if next == goal { return true }
      if seen.insert(next).inserted { open += boxes[next].needs }
    }
    return false
  }

  var text: String {
    var text = ""
    let needs = Dictionary(grouping: edges, by: \.to)
    for (number, wave) in waves.enumerated() {
      for index in wave {
        let number = index == wave.first ? "\(number + 1)." : ""
        let after = (needs[index] ?? []).map { boxes[$0.from].name }.joined(separator: ", ")
        let name = boxes[index].name.padded(to: 24)
        let kind = boxes[index].kind.padded(to: 10)
        text += "\(number.padded(to: 4))\(name) \(kind)\(after.isEmpty ? "" : "after \(after)")\n"
      }
    }
    return text
  }

  var mermaid: String {
    let nodes = boxes.indices.map { "  n\($0)[\"\(boxes[$0].name)\"]\n" }.joined()
    let arrows = edges.map { "  n\($0.from) --> n\($0.to)\n" }.joined()
    return "graph LR\n\(nodes)\(arrows)"
  }

  var dot: String {
    let nodes = boxes.indices.map { "  n\($0) [label=\"\(boxes[$0].name)\"];\n" }.joined()
    let arrows = edges.map { "  n\($0.from) -> n\($0.to);\n" }.joined()
    return "digraph units {\n  rankdir=LR;\n  node [shape=box];\n\(nodes)\(arrows)}\n"
  }
}

extension Unit {
  var kindName: String {
    switch work {
    case .wait: "wait"
    case .directory: "directory"
    case .template: "template"
    case .hook: "hook"
    case .program: "program"
    case .cron: "cron"
    }
  }
}
