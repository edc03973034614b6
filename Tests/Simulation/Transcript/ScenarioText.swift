import ProgramSpec
import SuperviseCore

/// A scenario as rows of text: what differs from a unit's defaults, the inputs, and the outcomes
/// that are not good.
extension Scenario {
  var text: String {
    var lines = configuration.units.map(\.line)
    let supervisor = configuration.supervisor
    lines.append(
      "shutdown_order=\(supervisor.shutdownOrder.word) "
        + "shutdown_timeout=\(supervisor.shutdownTimeout.seconds)")
    if let foreground { lines.append("foreground command: \(foreground)") }
    let calm = settles ? "until all is settled" : "for \(calm.seconds)"
    lines.append("faults for \(storm.seconds), calm \(calm), then \(ending.text)")
    lines.append("seed of the core's random numbers: \(coreSeed)")
    lines += inputs.map { "at \($0.at.seconds): \($0.kind.text)" }
    guard case .listed(let rows) = outcomes else { return lines.joined(separator: "\n") }
    lines += rows.map { "\($0.key.text): \($0.outcome.text)" }
    return lines.joined(separator: "\n")
  }
}

extension Ending {
  fileprivate var text: String {
    let further = insistence.map { " and SIGTERM after \($0.seconds)" }.joined()
    return cause.rawValue + (isEscalated ? " and SIGINT" : "") + further
  }
}

extension Supervisor.ShutdownOrder {
  fileprivate var word: String {
    switch self {
    case .graph: "graph"
    case .serial: "serial"
    case .parallel: "parallel"
    }
  }
}

extension Input.Kind {
  fileprivate var text: String {
    switch self {
    case .request(let number, let request, let impossible):
      let faults = impossible.isEmpty ? "" : ", without a command: \(impossible)"
      return "request \(number): \(TranscriptText(Plan(Configuration())).line(request))\(faults)"
    case .hangUp(let number): return "the client of request \(number) hangs up"
    case .signal(let signal): return signal.description
    case .setClock(let nanoseconds): return "the wall clock is set by \(nanoseconds) ns"
    case .toggleGroup(let group): return "remove or add group \(group)"
    case .toggleCron(let cron): return "remove or add cron \(cron)"
    case .changeStep(let step, let version):
      return version.map { "step \(step) becomes version \($0)" } ?? "remove step \(step)"
    case .scale(let program, let count): return "scale \(program) to \(count)"
    case .stall(let duration): return "PID 1 does not run for \(duration.seconds)"
    }
  }
}

extension OutcomeKey {
  fileprivate var text: String {
    let what = kind.rawValue + (name.isEmpty ? "" : " of \(name)")
    return "\(what) number \(ordinal)"
  }
}

extension Outcome {
  fileprivate var text: String {
    switch self {
    case .life(let life): return life.text
    case .probe(.refused): return "cannot be started"
    case .probe(.hangs), .stopCommand(.hangs): return "hangs"
    case .probe(.answers(let delay, let verdict)): return "\(verdict.values) after \(delay.seconds)"
    case .signal(let isRefused): return isRefused ? "refused" : "sent"
    case .stopCommand(.ends(let delay, let verdict)):
      return "\(verdict.values) after \(delay.seconds)"
    case .delivery(let role), .flush(let role): return role.text
    case .sweep(let leavesOrphans): return leavesOrphans ? "leaves orphans" : "leaves none"
    }
  }
}

extension RoleOutcome {
  fileprivate var text: String {
    switch self {
    case .hangs: return "the role hangs"
    case .completes(let delay): return "complete after \(delay.seconds)"
    case .isDead: return "the role is dead"
    }
  }
}

extension Life {
  fileprivate var text: String {
    var parts: [String] = []
    if waits > .zero { parts.append("waits \(waits.seconds)") }
    if let failure { parts.append(SpawnFailure(kind: failure, text: "start fails").values) }
    if let setUpFails { parts.append("set-up fails: \(setUpFails)") }
    if let end { parts.append("ends after \(end.after.seconds): \(end.status.values)") }
    parts.append(announces.map { "announces after \($0.seconds)" } ?? "never announces")
    parts += notifications.map { "\($0.notification.values) after \($0.after.seconds)" }
    if let outgrows { parts.append("outgrows after \(outgrows.seconds)") }
    parts.append(obeysAfter.map { "obeys in \($0.seconds)" } ?? "ignores signals")
    if isUnkillable { parts.append("survives SIGKILL") }
    return parts.joined(separator: ", ")
  }
}
