internal import EventsProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Makes supervisord's events of what the journal records (section 7.3).
struct EventSource {
  /// supervisord's backoff counter, as STARTING and BACKOFF tell it: failed starts in a row.
  private var tries: [InstanceID: Int] = [:]

  /// nil for what supervisord has no event for.
  mutating func event(
    _ record: Record, _ plan: Plan
  ) -> (type: EventType, payload: [UInt8])? {
    switch record.happening {
    case .moved(let from, let to, let pid, let reason):
      guard let id = record.instance, case .program = plan.node(of: id).rules else { return nil }
      let move = Move(from: from, to: to, pid: pid ?? 0, reason: reason)
      return event(move, id, plan.members[id.index])
    case .shutdownBegan: return (.supervisorStopping, [])
    case .groupAdded(let name): return (.processGroupAdded, EventPayload.group(name))
    case .groupRemoved(let name): return (.processGroupRemoved, EventPayload.group(name))
    case .restartScheduled, .signalSent, .signalRefused, .probeFailed, .signalReceived,
      .startCompleted, .startStalled, .heldUp, .shutdownHurried, .finished, .stopAwaited,
      .deathsAwaited, .processesAbandoned,
      .scaled, .stepsChanged, .client, .cron, .health, .stopCommandFailed, .announced:
      return nil
    }
  }

  private struct Move {
    var from: StateName
    var to: StateName
    var pid: Int32
    var reason: Reason?
  }

  private mutating func event(
    _ move: Move, _ id: InstanceID, _ member: Plan.Member
  ) -> (type: EventType, payload: [UInt8])? {
    guard let type = type(of: move) else { return nil }
    if type == .processBackoff { tries[id, default: 0] += 1 }
    let payload = EventPayload.processState(
      process: member.processName, group: member.group, from: move.from.rawValue.uppercased(),
      detail(move, type, tries[id] ?? 0))
    if type != .processBackoff, type != .processStarting { tries[id] = nil }
    return (type, payload)
  }

  private func type(of move: Move) -> EventType? {
    switch (move.from, move.to) {
    case (.starting, .starting): nil
    case (_, .starting): .processStarting
    case (_, .running): .processRunning
    case (_, .backoff): .processBackoff
    case (_, .stopping): .processStopping
    case (_, .exited): .processExited
    case (_, .stopped): .processStopped
    case (_, .fatal): .processFatal
    case (_, .unknown): .processUnknown
    case (_, .waiting), (_, .ready), (_, .retrying), (_, .passed), (_, .succeeded), (_, .failed):
      nil
    }
  }

  private func detail(_ move: Move, _ type: EventType, _ tries: Int) -> EventPayload.Detail {
    switch type {
    case .processStarting, .processBackoff: return .tries(tries)
    case .processExited:
      guard case .exit(_, let isExpected) = move.reason else {
        return .exit(isExpected: false, pid: move.pid)
      }
      return .exit(isExpected: isExpected, pid: move.pid)
    case .processFatal, .processUnknown: return .none
    default: return .pid(move.pid)
    }
  }
}

extension Program.ResultHandler {
  var wireHandler: EventsProtocol.ResultHandler {
    switch self {
    case .standard: .standard
    case .supervisorStdout: .supervisorStdout
    case .unknown: .unknown
    }
  }
}
