internal import Linux
internal import Probe

/// The command line, but for `run`, which is the supervisor itself.
package enum Command {
  /// Does what was asked for, and returns the code to exit with.
  package static func perform(_ verb: Verb, _ arguments: [String], _ context: CommandContext)
    -> Int32
  {
    // Whoever closes the connection early shows as an error with a sentence, not as our death.
    ignoreSignals([13])
    return switch verb {
    case .status: Status(context).run(arguments)
    case .start, .stop, .restart, .signal: ProcessCommand(context).run(verb, arguments)
    case .pid: ProcessCommand(context).pid(arguments)
    case .tail: Tail(context).run(arguments)
    case .maintail: Tail(context).main(arguments)
    case .reread, .update, .add, .remove, .reload, .clear, .avail:
      GroupCommand(context).run(verb, arguments)
    case .scale: Scale(context).run(arguments)
    case .shutdown, .version: ProcessCommand(context).simple(verb, arguments)
    case .check: Check(context).run(arguments)
    case .import: ImportCommand.run(arguments)
    case .config: ConfigView(context).run(arguments)
    case .keys: KeysView.run(arguments)
    case .graph: GraphView(context).run(arguments)
    case .next: NextRuns(context).run(arguments)
    case .timeline: TimelineView(context).run(arguments)
    case .events: Events(context).run(arguments)
    case .ready: Ready(context).run(arguments)
    case .healthcheck: Healthcheck(context).run(arguments)
    case .smoke: Smoke(context).run(arguments)
    case .wait: WaitCommand.run(arguments: arguments)
    case .probe: ProbeCommand.run(arguments: arguments)
    }
  }
}
