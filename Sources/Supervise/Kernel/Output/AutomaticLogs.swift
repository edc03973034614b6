internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// AUTO log files: those of earlier runs go, and each program's is there before it is started
/// (supervisord, 4.4). The logger removes and makes them.
extension Kernel {
  /// At the start.
  mutating func renewAutomaticLogs() {
    guard fleet.plan.foreground == nil else { return }
    removeOldAutomaticLogs()
    for group in fleet.plan.groups { makeAutomaticLogs(group.members) }
  }

  /// Also for a group that has come; what has been started with it has its files already.
  mutating func makeAutomaticLogs(_ members: [InstanceID]) {
    for id in members {
      guard let wanted = wantedOutput(of: id) else { continue }
      if wanted.stdout.targets.contains(.automatic) { makeAutomaticLog(id, isError: false) }
      guard !wanted.redirectStderr, wanted.stderr.targets.contains(.automatic) else { continue }
      makeAutomaticLog(id, isError: true)
    }
  }

  private mutating func makeAutomaticLog(_ id: InstanceID, isError: Bool) {
    let label = fleet.plan.members[id.index].displayName
    _ = useLogger(.makeAutomatic(path: output.automaticPath(label, isError: isError)))
  }

  /// supervisord does so whatever its configuration says; under our own name only who uses AUTO
  /// has such files.
  private mutating func removeOldAutomaticLogs() {
    guard !configuration.supervisor.nocleanup, isSupervisord || configuration.hasAutomaticLogs
    else { return }
    _ = useLogger(
      .removeAutomatic(
        directory: output.directory, identifier: configuration.supervisor.identifier))
  }
}

extension Configuration {
  fileprivate var hasAutomaticLogs: Bool {
    units.contains { unit in
      switch unit.work {
      case .program(let program): program.processes.contains { $0.execution.output.isAutomatic }
      case .hook(let hook): hook.execution.output.isAutomatic
      case .cron(let cron): cron.execution.output.isAutomatic
      case .wait, .directory, .template: false
      }
    }
  }
}

extension Output {
  fileprivate var isAutomatic: Bool {
    stdout.targets.contains(.automatic) || stderr.targets.contains(.automatic)
  }
}
