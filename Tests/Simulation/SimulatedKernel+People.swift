import ProgramSpec
import SuperviseCore

/// Whoever sits at the control socket, and changes the configuration while everything runs.
extension SimulatedKernel {
  mutating func sometimesAsk() {
    guard random.chance(weather.asks), let member = fleet.plan.members.randomElement(&random) else {
      return
    }
    order += 1
    let ask = AskID(UInt64(order))
    let names = [random.pick([member.displayName, "\(member.group):*", "all", "nobody"])]
    let request = random.pick([
      Request.start(names), .start(names, waits: false), .stop(names), .stop(names, waits: false),
      .start(names, crons: true), .stop(names, crons: true), .signal(.user1, names),
      .misnamedSignal(names), .awaitReadiness, .roll(names), .restart(names),
      .restart(names, waits: false, crons: true),
    ])
    oracle.asked(ask, request)
    deliver(.asked(ask, request))
  }

  /// A group that is down is taken away, or one that is away comes back.
  mutating func sometimesChange() {
    sometimesChangeCrons()
    sometimesChangeSteps()
    guard random.chance(weather.changes), fleet.phase == .up, !configuration.units.isEmpty else {
      return
    }
    let group = random.pick(names.groups)
    if let present = fleet.plan.groups.first(where: { $0.name == group }) {
      guard fleet.isDown(present) else { return }
      adopt(active.removing(group: group), "removed \(group)")
    } else if let addition = active.adding(group: group, from: configuration, moment) {
      adopt(addition.whole, "added \(group)", begun: addition.steps.begun)
    }
  }

  /// A step is taken away, becomes another, or comes back. What runs stays as it is.
  private mutating func sometimesChangeSteps() {
    guard random.chance(weather.changes / 4), fleet.phase == .up,
      let step = names.steps.randomElement(&random)
    else { return }
    var other = active
    other.units.removeAll { $0.name == configuration.units[step].name }
    if random.upTo(2) > 0 {
      var version = configuration.units[step]
      version.summary = "version \(random.upTo(3))"
      other.units.append(version)
    }
    let addition = active.addingSteps(from: other, moment)
    let steps = addition.steps
    adopt(addition.whole, "steps: \(steps.begun) \(steps.removed)", begun: steps.begun)
  }

  private var moment: Configuration.Moment {
    .init(busy: fleet.busyNames, isStart: fleet.isStarting)
  }

  /// A cron that does not run is taken away, or one that is away comes back.
  private mutating func sometimesChangeCrons() {
    guard random.chance(weather.changes), fleet.phase == .up,
      let cron = names.crons.randomElement(&random)
    else { return }
    let places = fleet.places(ofCron: cron)
    guard places.isEmpty else {
      guard !places.contains(where: fleet.isBusyCron) else { return }
      return adopt(active.removing(cron: cron), "removed \(cron)")
    }
    if let addition = active.adding(cron: cron, from: configuration, moment) {
      adopt(addition.whole, "added \(cron)", begun: addition.steps.begun)
    }
  }

  /// A program gets another number of processes; those that are too many are down already.
  mutating func sometimesScale() {
    guard random.chance(weather.changes), fleet.phase == .up,
      let name = active.units.filter(\.isProgram).randomElement(&random)?.name
    else { return }
    var other = active
    other.resize(name, to: Int(random.upTo(4)))
    guard let scaled = active.scaling(program: name, as: other) else { return }
    let plan = Plan(scaled, over: fleet.plan)
    let surplus = fleet.plan.members.indices.filter { plan.members[$0].isVacant }
    guard fleet.areDown(surplus.map(InstanceID.init)) else { return }
    adopt(scaled, "scaled \(name)", as: plan)
  }

  private mutating func adopt(
    _ changed: Configuration, _ what: String, begun steps: [String] = [], as drawn: Plan? = nil
  ) {
    note { _ in what }
    active = changed
    let plan = drawn ?? Plan(changed, over: fleet.plan)
    let filled = fleet.plan.filled(by: plan)
    let renewed = filled + plan.instances(ofUnits: steps).filter { !filled.contains($0) }
    oracle.adopt(changed, plan, renewed, at: now)
    var effects: [Effect] = []
    fleet.adopt(plan, renewed: renewed, at: now, into: &effects)
    settle(effects)
  }
}

/// What may be changed, so that it is not looked for at every step.
struct ChangeableNames {
  let groups: [String]
  let crons: [String]
  /// Indices into the units.
  let steps: [Int]

  init(_ configuration: Configuration) {
    groups = configuration.processGroups.map(\.name)
    crons = configuration.units.filter(\.isCron).map(\.name)
    steps = configuration.units.indices.filter { configuration.units[$0].isStep }
  }
}

extension Array {
  fileprivate func randomElement(_ random: inout RandomSource) -> Element? {
    isEmpty ? nil : random.pick(self)
  }
}

extension Configuration {
  fileprivate mutating func resize(_ name: String, to count: Int) {
    guard let index = units.firstIndex(where: { $0.name == name }),
      case .program(var program) = units[index].work
    else { return }
    program.processes = (0..<count).map { number in
      Process(
        name: "\(name)_\(number)", group: name, number: number, commandLine: name,
        execution: Execution(arguments: [name]))
    }
    units[index].work = .program(program)
  }
}
