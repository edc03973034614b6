internal import Linux
internal import ProgramSpec

/// `oom_score_adj` of programs together with `[supervisord] user=`: only root may lower the score,
/// and programs are started after the supervisor has given up root.
enum OutOfMemoryScores {
  /// Before the rights are dropped: the lowest score that a program asks for becomes what the
  /// supervisor, and so its children, may go down to. nil: there is nothing to permit, or the
  /// kernel refuses it, which then is the failed start of the program.
  static func permit(_ boot: Boot) -> OutOfMemoryScore? {
    guard let user = boot.configuration.supervisor.user, user.user != 0,
      ThisProcess.effectiveUser == 0, let lowest = boot.configuration.lowestOutOfMemoryScore,
      let score = try? OutOfMemoryScore(), lowest < score.original,
      (try? score.set(lowest)) != nil
    else { return nil }
    return score
  }

  /// After they have been dropped: the supervisor's own score is what it was. The kernel remembers
  /// the lowest value that a privileged process has set.
  static func restore(_ score: borrowing OutOfMemoryScore) { try? score.set(score.original) }
}

extension Configuration {
  fileprivate var lowestOutOfMemoryScore: Int32? {
    units.flatMap { unit -> [Execution] in
      switch unit.work {
      case .program(let program): program.processes.map(\.execution)
      case .hook(let hook): [hook.execution]
      case .cron(let cron): [cron.execution]
      case .wait(let wait):
        if case .command(let execution) = wait.condition { [execution] } else { [] }
      case .directory, .template: []
      }
    }.compactMap(\.oomScoreAdjustment).min()
  }
}
