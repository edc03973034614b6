import ProgramSpec
import SuperviseCore

/// A watchdog bites only a program that is ready and has given no sign of life for its time.
extension Oracle {
  mutating func notified(_ id: InstanceID, _ notification: Notification, at now: Instant) {
    switch notification {
    case .watchdog, .watchdogInterval:
      if signsOfLife[id.index] != nil { signsOfLife[id.index] = now }
    case .ready, .stopping, .reloading, .status, .failed, .extendTimeout, .watchdogTriggered,
      .mainProcess:
      break
    }
  }

  mutating func noteWatchdog(
    _ id: InstanceID, _ to: StateName, _ reason: Reason?, at now: Instant
  ) {
    if to == .stopping, case .watchdog(let interval) = reason {
      guard let last = signsOfLife[id.index] else {
        return complain(id, "bitten by its watchdog before it was ready")
      }
      if now < last.advanced(by: interval) { complain(id, "bitten by its watchdog too early") }
      if isShuttingDown { complain(id, "bitten by its watchdog in the shutdown") }
    }
    switch to {
    case .ready, .running: signsOfLife[id.index] = now
    case .stopping, .stopped, .starting, .backoff, .exited, .fatal, .unknown:
      signsOfLife[id.index] = nil
    case .waiting, .retrying, .passed, .succeeded, .failed: break
    }
  }
}
