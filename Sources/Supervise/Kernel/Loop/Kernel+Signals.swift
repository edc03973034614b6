internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What signals do: begin a shutdown, tell of children, or ask for a reload.
extension Kernel {
  mutating func takeStopSignals() {
    for signal in signals.takeStops() { receive(signal) }
  }

  mutating func takeOtherSignals() {
    let (others, childrenChanged) = signals.takeOthers()
    for signal in others { receive(signal) }
    guard childrenChanged else { return }
    reportChildSignal()
    resumeForeground()
    replaceStoppedRoles()
    hasUnreaped = true
  }

  private mutating func receive(_ signal: Signal) {
    deliver(.signalled(signal))
    react(to: signal)
  }

  /// supervisord's users send it HUP, which begins again, and USR2, which reopens the logs. In
  /// command mode signals are for the command.
  private mutating func react(to signal: Signal) {
    guard fleet.plan.foreground == nil, !fleet.plan.shutdown.signals.contains(signal) else {
      return
    }
    if signal == .hangUp { tryConfiguration(.reload(nil)) }
    if signal == .user2 { reopenLogs() }
  }
}
