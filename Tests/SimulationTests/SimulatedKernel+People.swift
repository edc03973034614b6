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
      .misnamedSignal(names), .awaitReadiness,
    ])
    oracle.asked(ask, request)
    deliver(.asked(ask, request))
  }

  /// A group that is down is taken away, or one that is away comes back.
  mutating func sometimesChange() {
    guard random.chance(weather.changes), fleet.phase == .up, !configuration.units.isEmpty else {
      return
    }
    let group = random.pick(configuration.processGroups.map(\.name))
    if let present = fleet.plan.groups.first(where: { $0.name == group }) {
      guard fleet.isDown(present) else { return }
      adopt(active.removing(group: group), "removed \(group)")
    } else if let whole = active.adding(group: group, from: configuration) {
      adopt(whole, "added \(group)")
    }
  }

  private mutating func adopt(_ changed: Configuration, _ what: String) {
    note(what)
    active = changed
    let plan = Plan(changed, over: fleet.plan)
    let renewed = fleet.plan.filled(by: plan)
    oracle.adopt(changed, plan, renewed)
    var effects: [Effect] = []
    fleet.adopt(plan, renewed: renewed, at: now, into: &effects)
    settle(effects)
  }
}

extension Array {
  fileprivate func randomElement(_ random: inout RandomSource) -> Element? {
    isEmpty ? nil : random.pick(self)
  }
}
