extension Configuration {
  /// The first unit whose processes run in root's group without being root; nil: none does.
  package var unitInRootGroup: Unit? {
    units.first { unit in
      unit.identities.contains { identity in
        identity.user != 0 && (identity.group == 0 || identity.supplementaryGroups.contains(0))
      }
    }
  }
}

extension Unit {
  /// The users and groups of its processes, where these are not the supervisor's.
  package var identities: [Identity] {
    switch work {
    case .program(let program): program.processes.compactMap(\.execution.identity)
    case .hook(let hook): [hook.execution.identity].compactMap(\.self)
    case .cron(let cron): [cron.execution.identity].compactMap(\.self)
    case .wait(let wait): [wait.condition.identity].compactMap(\.self)
    case .directory, .template: []
    }
  }
}

extension Wait.Condition {
  fileprivate var identity: Identity? {
    guard case .command(let execution) = self else { return nil }
    return execution.identity
  }
}
