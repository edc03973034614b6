import ProgramSpec
import SuperviseCore

/// What one effect does to one instance. Records and answers have rules of their own.
enum Deed: Equatable {
  case spawn, cancelSpawn
  case signal(Signal, SignalTarget)
  case killLeftovers
  case abandonProcess
  case probe(ProbePurpose), cancelProbe(ProbePurpose)
  case runStopCommand, endStopCommand

  /// The instance of an effect and what is done to it; nil for effects on the whole.
  static func of(_ effect: Effect) -> (instance: Int, deed: Deed)? {
    switch effect {
    case .spawn(let id): (id.index, .spawn)
    case .cancelSpawn(let id): (id.index, .cancelSpawn)
    case .signal(let id, let signal, let target): (id.index, .signal(signal, target))
    case .killLeftovers(let id): (id.index, .killLeftovers)
    case .abandonProcess(let id): (id.index, .abandonProcess)
    case .probe(let id, let purpose): (id.index, .probe(purpose))
    case .cancelProbe(let id, let purpose): (id.index, .cancelProbe(purpose))
    case .runStopCommand(let id, _): (id.index, .runStopCommand)
    case .endStopCommand(let id): (id.index, .endStopCommand)
    case .record, .reply, .deliverEvents, .flushOutput, .signalEverything, .finish, .beginAgain:
      nil
    }
  }

  var isKill: Bool { if case .signal(.kill, _) = self { true } else { false } }

  /// The first effect of a stop is one of these.
  var mayBeginStop: Bool {
    switch self {
    case .signal, .runStopCommand, .cancelProbe: true
    case .spawn, .cancelSpawn, .killLeftovers, .abandonProcess, .probe, .endStopCommand: false
    }
  }
}

/// Why a process that runs is stopped; it decides what follows its end.
enum StopCause: Equatable {
  case requested
  case shutdown
  /// Immediate shutdown: SIGKILL without a grace period.
  case killed
  case notReady
  /// Health, memory, age, watchdog or a rolling restart: it is started again.
  case renewal
}

/// What may be behind an effect on an instance, as far as its own model cannot know.
struct Grounds {
  /// Why it may be stopped; nil: there is no reason.
  var stop: StopCause?
  /// It may be started.
  var isWanted: Bool
  /// The event that is handled is the end of a delay.
  var isTimer: Bool
}

/// The times at which something may happen that is spread by chance; a single time where it is not.
struct Window: Equatable {
  var earliest: Instant
  var latest: Instant
  /// Without the spread.
  private var middle: Instant

  init(at instant: Instant) { (earliest, latest, middle) = (instant, instant, instant) }

  /// `delay` after `start`, spread by so many thousandths of the delay in either direction.
  init(from start: Instant, _ delay: Duration, jitterThousandths: Int) {
    let spread = delay * min(jitterThousandths, 1000) / 1000
    earliest = start.advanced(by: delay - spread)
    latest = start.advanced(by: delay + spread)
    middle = start.advanced(by: delay)
  }

  /// The middle of a spread to the nanosecond means that there is no spread.
  func contains(_ instant: Instant) -> Bool {
    earliest <= instant && instant <= latest && (earliest == latest || instant != middle)
  }
}
