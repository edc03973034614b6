import ProgramSpec
import SuperviseCore

// What the oracle's messages name, as text: a release build of the core contains no names of cases.

extension Deed: CustomStringConvertible {
  var description: String {
    switch self {
    case .spawn: "start"
    case .cancelSpawn: "cancel the start"
    case .signal(let signal, let target): "\(signal.description) to the \(target.rawValue)"
    case .killLeftovers: "kill what is left"
    case .abandonProcess: "abandon the process"
    case .probe(let purpose): "begin a \(purpose.word) probe"
    case .cancelProbe(let purpose): "cancel the \(purpose.word) probe"
    case .runStopCommand: "run stop_command"
    case .endStopCommand: "end stop_command"
    }
  }
}

extension StateName: CustomStringConvertible {
  package var description: String { rawValue }
}

extension AskID: CustomStringConvertible {
  package var description: String { "request \(number)" }
}
