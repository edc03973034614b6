internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// `stop_command`: as the program's user, with its environment, and where it writes.
extension Kernel {
  /// What cannot be started has failed at once.
  mutating func runStopCommand(_ id: InstanceID, _ pid: Int32) -> [Event] {
    endStopCommand(id)
    do {
      try startStopCommand(id, pid)
      return []
    } catch {
      return [.stopCommandEnded(id, .failed(error.text))]
    }
  }

  private mutating func startStopCommand(
    _ id: InstanceID, _ pid: Int32
  ) throws(SpawnFailure) {
    if let obstacle = obstacle(to: .stopCommand(id), "stop commands") {
      throw SpawnFailure(kind: .other, text: obstacle)
    }
    let member = fleet.plan.members[id.index]
    guard let unit = fleet.plan.node(of: id).unit,
      case .program(let program) = configuration.units[unit].work
    else { throw SpawnFailure(kind: .other, text: "nothing to run") }
    let process = program.processes[member.number]
    var launch = try recipes.stopCommand(program, process).get()
    launch.environment.set("MAINPID", "\(pid)")
    var outlets = try streams(id, process.execution, member.displayName, readyText: nil)
    // What it writes is the program's, whose pid the logger knows already.
    outlets.announcement = nil
    do throws(Errno) {
      children.add(try startHelper(Launch(launch), outlets), .stopCommand(id))
    } catch {
      throw SpawnFailure(spawning: error, name: "stop_command")
    }
  }

  mutating func endStopCommand(_ id: InstanceID) {
    guard let pid = children.pid(ofStopCommandOf: id) else { return }
    try? sendSignal(Signal.kill.number, toGroupLedBy: pid)
    children.forget(pid)
  }

  mutating func stopCommandEnded(_ id: InstanceID, _ child: EndedChild) {
    let isDone = child.how == .exited(code: 0)
    let words = status(of: child).text
    deliver(.stopCommandEnded(id, isDone ? .passed(words) : .failed(words)))
  }
}
