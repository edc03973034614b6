internal import ProgramSpec

extension Configuration {
  /// How long all programs together are given between SIGTERM and SIGKILL when the supervisor
  /// itself fails: `shutdown_timeout`, and without it the longest grace period of a program.
  var grace: Duration {
    guard supervisor.shutdownTimeout == .zero else { return supervisor.shutdownTimeout }
    let graces = units.compactMap { unit in
      if case .program(let program) = unit.work { program.grace } else { nil }
    }
    return graces.max() ?? .zero
  }
}
