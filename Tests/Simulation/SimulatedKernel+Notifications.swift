import ProgramSpec
import SuperviseCore

/// Programs that announce things by sd_notify(3), whether it makes sense or not.
extension SimulatedKernel {
  mutating func planNotification(of pid: Int32) {
    guard random.chance(weather.notifies) else { return }
    plan(.notifies(pid: pid, notification()), after: random.duration(upToMilliseconds: 6000))
  }

  private mutating func notification() -> Notification {
    random.pick([
      .ready, .stopping, .reloading, .status("up"), .failed(errno: 5), .watchdog, .watchdog,
      .watchdogTriggered, .extendTimeout(random.duration(upToMilliseconds: 600_000)),
      .watchdogInterval(random.duration(upToMilliseconds: 20_000)), .mainProcess(30_000),
    ])
  }

  /// A message may come from a process that has ended since.
  mutating func notify(_ pid: Int32, _ notification: Notification) {
    guard let child = children[pid], !oracle.isTask(child.instance) else { return }
    deliver(.notified(child.instance, notification))
    planNotification(of: pid)
  }
}
