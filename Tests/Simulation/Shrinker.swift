import ProgramSpec
import SuperviseCore

/// Takes out of a failing scenario whatever it fails without, until nothing can be taken out.
struct Shrinker {
  /// Runs at most; each takes some milliseconds.
  private static let maxRuns = 4000

  private(set) var scenario: Scenario
  /// The rule that is violated, without names and numbers: a shrunk scenario violates the same one.
  private let rule: String
  private var runs = 0

  /// nil: the scenario does not fail once its outcomes are listed.
  init?(_ failing: Scenario) {
    var kernel = SimulatedKernel(failing, keepsTranscript: false)
    kernel.run()
    guard let violation = kernel.oracle.violations.first else { return nil }
    rule = Shrinker.rule(violation)
    scenario = failing
    if case .drawn = failing.outcomes { scenario.outcomes = .listed(kernel.outcomes.drawn) }
    guard fails(scenario) else { return nil }
  }

  static func rule(_ violation: String) -> String {
    let text = violation.split(separator: ": ").last.map(String.init) ?? violation
    return text.split(separator: " ").filter { word in
      word.allSatisfy { !$0.isNumber }
    }.joined(separator: " ")
  }

  /// Whether the violations of a run are of the rule that is looked for.
  private mutating func fails(_ candidate: Scenario) -> Bool {
    runs += 1
    var kernel = SimulatedKernel(candidate, keepsTranscript: false)
    kernel.run()
    return kernel.oracle.violations.contains { Shrinker.rule($0) == rule }
  }

  /// The shortest scenario that could be found.
  mutating func shrink() -> Scenario {
    var size = -1
    while size != scenario.size, runs < Shrinker.maxRuns {
      size = scenario.size
      shorten()
      removeUnits()
      removeInputs()
      removeOutcomes()
      simplifyUnits()
    }
    return scenario
  }

  private mutating func adopt(_ candidate: Scenario) -> Bool {
    guard runs < Shrinker.maxRuns, fails(candidate) else { return false }
    scenario = candidate
    return true
  }

  private mutating func shorten() {
    var candidate = scenario
    (candidate.calm, candidate.settles) = (.zero, false)
    _ = adopt(candidate)
    candidate = scenario
    candidate.ending = Ending()
    _ = adopt(candidate)
    while scenario.storm > .seconds(1) {
      candidate = scenario
      candidate.storm = scenario.storm / 2
      candidate.inputs.removeAll { $0.at > candidate.storm }
      guard adopt(candidate) else { return }
    }
  }

  private mutating func removeInputs() {
    removeChunks(of: \.inputs.count) { $0.inputs.removeSubrange($1) }
  }

  private mutating func removeOutcomes() {
    removeChunks(of: \.rows.count) { $0.rows.removeSubrange($1) }
  }

  /// Half of all, then quarters, down to single ones.
  private mutating func removeChunks(
    of count: KeyPath<Scenario, Int>, _ remove: (inout Scenario, Range<Int>) -> Void
  ) {
    var length = scenario[keyPath: count]
    while length > 0 {
      var start = 0
      while start < scenario[keyPath: count] {
        let end = min(start + length, scenario[keyPath: count])
        var candidate = scenario
        remove(&candidate, start..<end)
        if !adopt(candidate) { start = end }
      }
      length = length == 1 ? 0 : (length + 1) / 2
    }
  }

  private mutating func removeUnits() {
    for unit in scenario.configuration.units {
      var candidate = scenario
      candidate.remove(unit.name)
      _ = adopt(candidate)
    }
  }

  private mutating func simplifyUnits() {
    for index in scenario.configuration.units.indices {
      for simplify in Unit.simplifications {
        var candidate = scenario
        simplify(&candidate.configuration.units[index])
        guard candidate.configuration != scenario.configuration else { continue }
        _ = adopt(candidate)
      }
    }
    var candidate = scenario
    candidate.configuration.supervisor = Supervisor()
    if candidate.configuration != scenario.configuration { _ = adopt(candidate) }
  }
}

extension Scenario {
  fileprivate var rows: [(key: OutcomeKey, outcome: Outcome)] {
    get {
      guard case .listed(let rows) = outcomes else { return [] }
      return rows
    }
    set { outcomes = .listed(newValue) }
  }

  fileprivate var size: Int {
    inputs.count + rows.count + configuration.units.reduce(0) { $0 + $1.line.utf8.count }
  }

  fileprivate mutating func remove(_ name: String) {
    configuration.units.removeAll { $0.name == name }
    for index in configuration.units.indices {
      configuration.units[index].dependsOn?.removeAll { $0 == name }
      configuration.units[index].after?.removeAll { $0 == name }
    }
  }
}

extension Unit {
  /// Each makes a unit a little more ordinary.
  fileprivate static let simplifications: [@Sendable (inout Unit) -> Void] = [
    { $0.dependsOn = nil },
    { $0.after = nil },
    { $0.priority = 999 },
    { $0.changeProgram { $0.health = nil } },
    { $0.changeProgram { $0.memoryLimit = nil } },
    { $0.changeProgram { $0.watchdog = nil } },
    { $0.changeProgram { $0.maximumUptime = nil } },
    { $0.changeProgram { $0.restart = RestartPolicy() } },
    { $0.changeProgram { $0.restart.delay = nil } },
    { $0.changeProgram { $0.restart.limit = nil } },
    { $0.changeProgram { $0.stop = StopPolicy() } },
    { $0.changeProgram { $0.readiness = .running } },
    { $0.changeProgram { $0.onExit = .nothing } },
    { $0.changeProgram { $0.onFatal = .ignore } },
    { $0.changeProgram { $0.processes = Array($0.processes.prefix(1)) } },
    { unit in
      unit.changeProgram { program in
        for index in program.processes.indices { program.processes[index].stopCommand = [] }
      }
    },
  ]

  private mutating func changeProgram(_ change: (inout Program) -> Void) {
    guard case .program(var program) = work else { return }
    change(&program)
    work = .program(program)
  }
}
