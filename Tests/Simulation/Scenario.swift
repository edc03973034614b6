import ProgramSpec
import SuperviseCore

/// Everything that determines one history: what is supervised, what comes from outside and when,
/// and what becomes of each process, check and role. The same scenario always gives the same
/// history.
///
/// A scenario stays meaningful when inputs, outcomes or units are taken out of it: what is not
/// listed goes well. So a failing one can be shrunk, and kept as rows.
struct Scenario {
  var configuration: Configuration
  /// The unit that runs in the foreground instead of all programs; nil: everything is supervised.
  var foreground: String?
  var wallClock = WallClock(offset: 0)
  /// The seed of the core's own random numbers.
  var coreSeed: UInt64 = 1
  /// How long faults happen, from the begin on.
  var storm = Duration.seconds(60)
  /// How long nothing new goes wrong before the end.
  var calm = Duration.zero
  /// The calm lasts until every unit is settled instead. Taking too long is a violation.
  var settles = false
  var inputs: [Input] = []
  var outcomes = Outcomes.listed([])
  var ending = Ending()

  init(_ units: [Unit]) {
    configuration = Configuration()
    configuration.units = units
  }

  var mode: Plan.Mode {
    guard let index = configuration.units.firstIndex(where: { $0.name == foreground }) else {
      return .everything
    }
    return .command(unit: index, withSteps: true)
  }

  /// For how long PID 1 does not run, in all.
  var lateness: Duration {
    inputs.reduce(.zero) { sum, input in
      if case .stall(let duration) = input.kind { sum + duration } else { sum }
    }
  }
}

/// How a history is brought to its end after the storm and the calm.
struct Ending {
  enum Cause: String, CaseIterable { case signal, request, reload }

  var cause = Cause.signal
  /// A second signal follows immediately.
  var isEscalated = false
  /// Further signals after these times, since nothing else ends processes that SIGKILL does not
  /// end.
  var insistence: [Duration] = []
}

/// What comes from outside, at a time after the begin.
struct Input {
  enum Kind {
    /// A client sends a request. `impossible`: processes without a command that could be run.
    case request(number: UInt64, Request, impossible: [String])
    /// The client of that request closes its connection, if it still waits.
    case hangUp(number: UInt64)
    case signal(Signal)
    /// The wall clock is set by so many nanoseconds.
    case setClock(by: Int64)
    /// A group that is down is removed, or one that was removed comes back.
    case toggleGroup(String)
    case toggleCron(String)
    /// A step becomes this version of itself; nil: it is removed.
    case changeStep(String, version: UInt64?)
    case scale(String, count: Int)
    /// PID 1 does not run for so long: everything that falls due meanwhile is late.
    case stall(Duration)
  }

  var at: Duration
  var kind: Kind

  init(_ at: Duration, _ kind: Kind) {
    self.at = at
    self.kind = kind
  }
}
