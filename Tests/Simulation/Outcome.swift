import ProgramSpec
import SuperviseCore

/// The outcome of something that the core has requested.
enum Outcome {
  case life(Life)
  case probe(ProbeOutcome)
  case signal(isRefused: Bool)
  case stopCommand(CommandOutcome)
  case delivery(RoleOutcome)
  case flush(RoleOutcome)
  case sweep(leavesOrphans: Bool)
}

/// The answer to a spawn, and the life of the process.
struct Life {
  /// How long the spawn is held in the queue by a lookup; zero: not at all.
  var waits = Duration.zero
  /// nil: a process is started.
  var failure: SpawnFailure.Kind?
  /// The process ends before it executes its program.
  var setUpFails: SpawnFailure.Kind?
  /// When it ends by itself, and how; nil: never.
  var end: (after: Duration, status: ExitStatus)?
  /// When it announces its readiness; nil: never.
  var announces: Duration? = .milliseconds(500)
  /// Messages of sd_notify(3).
  var notifications: [(after: Duration, notification: Notification)] = []
  /// When it exceeds its memory limit; nil: never.
  var outgrows: Duration?
  /// How long it takes to end after a signal; nil: it ignores all but SIGKILL.
  var obeysAfter: Duration? = .milliseconds(2)
  /// Frozen, or in an uninterruptible wait: SIGKILL does not end it.
  var isUnkillable = false

  /// A program runs forever, a task ends well.
  static func good(isTask: Bool) -> Life {
    var life = Life()
    if isTask { life.end = (.milliseconds(100), .code(0)) }
    return life
  }
}

enum ProbeOutcome {
  /// There is no process for it.
  case refused
  case hangs
  case answers(after: Duration, Verdict)
}

enum CommandOutcome {
  case hangs
  /// One that passes ends the program as a signal does.
  case ends(after: Duration, Verdict)
}

/// How a role ends its last task.
enum RoleOutcome {
  case hangs
  case completes(after: Duration)
  /// It does not run, so PID 1 has nothing to wait for.
  case isDead
}

/// Which spawn, check or other request of the core an outcome belongs to.
struct OutcomeKey: Hashable {
  enum Kind: String { case life, probe, signal, stopCommand, delivery, flush, sweep }

  var kind: Kind
  /// The instance's display name; empty for what concerns the whole.
  var name: String
  /// 0 for the first request of its kind.
  var ordinal: Int
}
