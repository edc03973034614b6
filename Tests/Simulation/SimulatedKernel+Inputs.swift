import ProgramSpec
import Supervise
import SuperviseCore

/// Clients at the control socket, and changes of the configuration while everything runs. What is
/// impossible at the moment is refused, as PID 1 refuses it.
extension SimulatedKernel {
  mutating func take(_ input: Input.Kind) {
    if let fault = InjectedFault.of(input) { occurrences.insert(.injected(fault)) }
    switch input {
    case .request(let number, let request, let impossible): take(number, request, impossible)
    case .hangUp(let number):
      guard open.remove(number) != nil else { return }
      deliver(.hungUp(AskID(number)))
    case .signal(let signal):
      let isStop = fleet.plan.shutdown.signals.contains(signal)
      machine.plan(.signal(signal), on: isStop ? .stopSignals : .others, after: .zero)
    case .setClock(let nanoseconds): setClock(WallClock(offset: wallClock.offset + nanoseconds))
    case .stall: break
    case .toggleGroup, .toggleCron, .changeStep, .scale:
      guard fleet.phase == .up, scenario.mode == .everything else { return }
      change(input)
    }
  }

  private mutating func take(_ number: UInt64, _ request: Request, _ impossible: [String]) {
    let ask = AskID(number)
    let whole = request.with(impossible: faults(of: impossible))
    open.insert(number)
    deliver(.asked(ask, whole))
  }

  private func faults(of names: [String]) -> [InstanceID: Fault] {
    var faults: [InstanceID: Fault] = [:]
    for (index, member) in fleet.plan.members.enumerated() where names.contains(member.displayName)
    {
      faults[InstanceID(index)] = index % 2 == 0 ? .noFile : .notExecutable
    }
    return faults
  }

  mutating func setClock(_ clock: WallClock) {
    wallClock = clock
    deliver(.clockSet(clock))
  }

  private mutating func change(_ input: Input.Kind) {
    switch input {
    case .toggleGroup(let group): toggle(group: group)
    case .toggleCron(let cron): toggle(cron: cron)
    case .changeStep(let step, let version): change(step, version)
    case .scale(let program, let count): scale(program, count)
    case .request, .hangUp, .signal, .setClock, .stall: break
    }
  }

  private mutating func toggle(group: String) {
    if let present = fleet.plan.groups.first(where: { $0.name == group }) {
      guard fleet.isDown(present) else { return }
      adopt(active.removing(group: group), "removed \(group)")
    } else if let addition = active.adding(group: group, from: scenario.configuration, moment) {
      adopt(addition.whole, "added \(group)", begun: addition.steps.begun)
    }
  }

  /// What runs stays as it is.
  private mutating func change(_ name: String, _ version: UInt64?) {
    guard let step = scenario.configuration.units.first(where: { $0.name == name }) else { return }
    var other = active
    other.units.removeAll { $0.name == name }
    if let version {
      var changed = step
      changed.summary = "version \(version)"
      other.units.append(changed)
    }
    let addition = active.addingSteps(from: other, moment)
    let (begun, removed) = (addition.steps.begun, addition.steps.removed)
    adopt(addition.whole, "steps: \(begun) \(removed)", begun: begun)
  }

  private var moment: Configuration.Moment {
    .init(busy: fleet.busyNames, isStart: fleet.isStarting)
  }

  private mutating func toggle(cron: String) {
    let places = fleet.places(ofCron: cron)
    guard places.isEmpty else {
      guard !places.contains(where: fleet.isBusyCron) else { return }
      return adopt(active.removing(cron: cron), "removed \(cron)")
    }
    if let addition = active.adding(cron: cron, from: scenario.configuration, moment) {
      adopt(addition.whole, "added \(cron)", begun: addition.steps.begun)
    }
  }

  /// A program gets another number of processes; those that are too many are down already.
  private mutating func scale(_ program: String, _ count: Int) {
    var other = active
    other.resize(program, to: count)
    guard let scaled = active.scaling(program: program, as: other) else { return }
    let plan = Plan(scaled, over: fleet.plan)
    let surplus = fleet.plan.members.indices.filter { plan.members[$0].isVacant }
    guard fleet.areDown(surplus.map(InstanceID.init)) else { return }
    adopt(scaled, "scaled \(program) to \(count)")
  }

  private mutating func adopt(
    _ changed: Configuration, _ what: String, begun steps: [String] = []
  ) {
    note { _ in "the configuration changes: \(what)" }
    active = changed
    let plan = Plan(changed, over: fleet.plan)
    let filled = fleet.plan.filled(by: plan)
    let renewed = filled + plan.instances(ofUnits: steps).filter { !filled.contains($0) }
    settle()
    oracle.adopt(changed, plan.members, at: now)
    adopt(plan, renewed: renewed)
  }
}

extension Request {
  fileprivate func with(impossible faults: [InstanceID: Fault]) -> Request {
    switch self {
    case .start(let names, let waits, _, let crons):
      .start(names, waits: waits, impossible: faults, crons: crons)
    case .restart(let names, let waits, _, let crons):
      .restart(names, waits: waits, impossible: faults, crons: crons)
    case .stop, .roll, .signal, .misnamedSignal, .awaitReadiness, .shutdown, .reload: self
    }
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
