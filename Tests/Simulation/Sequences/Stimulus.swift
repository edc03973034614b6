import ProgramSpec
import SuperviseCore

/// Something that can happen next to the units of a sequence. Instances are named by their numbers.
enum Stimulus {
  /// A spawn that waits in the queue is answered with a process.
  case launches(Int)
  /// The next deadline passes.
  case timePasses
  /// The supervisor runs again half a minute after the next deadline.
  case wakesLate
  case ends(Int, ExitStatus)
  case setUpFails(Int)
  case announces(Int)
  case notifies(Int, Notification)
  case signalRefused(Int)
  /// The check of this purpose that is under way answers.
  case answers(Int, ProbePurpose, Verdict)
  case stopCommandEnds(Int, Verdict)
  case request(Request)
  /// The client of the last request closes its connection.
  case hangsUp
  case signal(Signal)
  /// The wall clock is set by so many seconds.
  case setsClock(by: Int64)
}

/// The units of a sequence, and everything that can happen to them.
struct SequenceSubject {
  var name: String
  var configuration: Configuration
  var stimuli: [Stimulus]
  /// Spawns wait in a queue until they are launched; otherwise they are answered immediately.
  var isQueueing = false
  /// The length of the longest sequences that `make simulate` runs.
  var depth: Int

  init(_ name: String, _ units: [Unit], _ stimuli: [Stimulus], depth: Int) {
    self.name = name
    configuration = Configuration()
    configuration.units = units
    self.stimuli = stimuli
    self.depth = depth
  }

  func queueing() -> SequenceSubject {
    var subject = self
    subject.name += ", with a queue of spawns"
    subject.isQueueing = true
    subject.stimuli += fleetIndices.map(Stimulus.launches)
    return subject
  }

  private var fleetIndices: Range<Int> { Plan(configuration).members.indices }
}
