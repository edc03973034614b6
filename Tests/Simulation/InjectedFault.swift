import ProgramSpec
import SuperviseCore

/// Kinds of faults that the simulated machine injects.
enum InjectedFault: String, CaseIterable {
  case spawnWaits, spawnFails, setUpFails, endsBadly, endsBySignal, endsByMemory, endsEarly
  case neverAnnounces, notifies, outgrows, ignoresSignals, obeysLate, isUnkillable
  case probeRefused, probeHangs, probeFails, signalRefused, stopCommandHangs, stopCommandFails
  case listenerHangs, eventsRoleIsDead, loggerHangs, loggerIsDead, leavesOrphans
  // From outside.
  case lateWakeUp, hangUp, clockStep, groupChange, cronChange, stepChange, scaling
  case shutdownRequest, reloadRequest, foregroundMode, escalation

  /// Empty where everything goes well.
  static func of(_ outcome: Outcome) -> [InjectedFault] {
    switch outcome {
    case .life(let life): of(life)
    case .probe(.refused): [.probeRefused]
    case .probe(.hangs): [.probeHangs]
    case .probe(.answers(_, .failed)): [.probeFails]
    case .probe(.answers(_, .passed)): []
    case .signal(let isRefused): isRefused ? [.signalRefused] : []
    case .stopCommand(.hangs): [.stopCommandHangs]
    case .stopCommand(.ends(_, .failed)): [.stopCommandFails]
    case .stopCommand(.ends(_, .passed)): []
    case .delivery(.hangs): [.listenerHangs]
    case .delivery(.isDead): [.eventsRoleIsDead]
    case .flush(.hangs): [.loggerHangs]
    case .flush(.isDead): [.loggerIsDead]
    case .delivery(.completes), .flush(.completes): []
    case .sweep(let leavesOrphans): leavesOrphans ? [.leavesOrphans] : []
    }
  }

  private static func of(_ life: Life) -> [InjectedFault] {
    var kinds: [InjectedFault] = []
    if life.waits > .zero { kinds.append(.spawnWaits) }
    if life.failure != nil { kinds.append(.spawnFails) }
    if life.setUpFails != nil { kinds.append(.setUpFails) }
    if let end = life.end {
      switch end.status {
      case .code(0), .survivedKill: break
      case .code: kinds.append(.endsBadly)
      case .signal: kinds.append(.endsBySignal)
      case .outOfMemory: kinds.append(.endsByMemory)
      }
      if end.after < .seconds(1) { kinds.append(.endsEarly) }
    }
    if life.announces == nil { kinds.append(.neverAnnounces) }
    if !life.notifications.isEmpty { kinds.append(.notifies) }
    if life.outgrows != nil { kinds.append(.outgrows) }
    if life.isUnkillable { kinds.append(.isUnkillable) }
    guard let delay = life.obeysAfter else { return kinds + [.ignoresSignals] }
    return delay > .milliseconds(2) ? kinds + [.obeysLate] : kinds
  }

  static func of(_ input: Input.Kind) -> InjectedFault? {
    switch input {
    case .request(_, .shutdown, _): .shutdownRequest
    case .request(_, .reload, _): .reloadRequest
    case .request, .signal: nil
    case .hangUp: .hangUp
    case .setClock: .clockStep
    case .toggleGroup: .groupChange
    case .toggleCron: .cronChange
    case .changeStep: .stepChange
    case .scale: .scaling
    case .stall: .lateWakeUp
    }
  }
}
