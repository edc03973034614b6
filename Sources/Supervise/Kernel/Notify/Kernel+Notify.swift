internal import Linux
internal import NotifyProtocol
internal import ProgramSpec
internal import SuperviseCore

/// sd_notify(3): the notify role receives and verifies; PID 1 acts on what the role passes on.
extension Kernel {
  var hasNotifyingPrograms: Bool {
    configuration.units.contains { unit in
      guard case .program(let program) = unit.work else { return false }
      return program.usesNotifications
    }
  }

  mutating func introduceNotify() {
    for entry in notifications.open { announceSocket(entry) }
    for entry in notifications.retired { announceEnd(entry) }
  }

  /// Before the process is started: it may announce something with its first instruction.
  mutating func openNotifications(_ id: InstanceID, _ launch: Launch) throws(Errno) {
    guard notifies(id) else { return }
    startIfNeeded(.notify)
    try notifications.open(id, user: launch.user, group: launch.group)
  }

  /// The answer of the spawn; nil: it has failed.
  mutating func beginNotifications(_ id: InstanceID, pid: Int32?) {
    guard notifications[id] != nil else { return }
    guard let pid else { return endNotifications(id) }
    endMainProcess(id)
    notifications.began(id, pid: pid)
    if let entry = notifications[id] { announceSocket(entry) }
  }

  /// What the role has passed on by now came before the end of the process.
  mutating func takeLastNotifications(_ id: InstanceID) {
    if notifications[id] != nil { talk(to: .notify) }
  }

  mutating func endNotifications(_ id: InstanceID) {
    if let entry = notifications.retire(id) { announceEnd(entry) }
  }

  func notifies(_ id: InstanceID) -> Bool {
    guard let unit = fleet.plan.node(of: id).unit, fleet.plan.foreground != id,
      case .program(let program) = configuration.units[unit].work
    else { return false }
    return program.usesNotifications
  }

  private mutating func announceSocket(_ entry: NotificationSockets.Entry) {
    guard let pid = entry.pid else { return }
    tell(
      .notify, NotifyMessage.open(entry.origin, pid: pid, user: entry.user).encoded,
      passing: entry.socket)
  }

  private mutating func announceEnd(_ entry: NotificationSockets.Entry) {
    tell(.notify, NotifyMessage.close(entry.origin).encoded, passing: entry.socket)
  }

  /// False for a notification beyond the limit of its program.
  mutating func admits(_ record: Record) -> Bool {
    guard case .announced(let notification) = record.happening, let id = record.instance else {
      return true
    }
    if case .status = notification { return admitsLine(about: id, isStatus: true) }
    return admitsLine(about: id)
  }

  /// False: a line or an event about a notification of this program would be one too many.
  mutating func admitsLine(about id: InstanceID, isStatus: Bool = false) -> Bool {
    let verdict = announcements.take(id, isStatus: isStatus, at: Kernel.now)
    if verdict == .firstLeftOut {
      narrator.say(
        .information,
        "\(name(of: id)): too many \(isStatus ? "STATUS= " : "")notifications: at most one in "
          + "\(AnnouncementLimit.interval.inWords) is recorded from now on")
    }
    return verdict == .recorded
  }

  mutating func heard(_ message: NotifyMessage) {
    switch message {
    case .mainProcess(let origin, let pid, let startedAt):
      guard let id = notifications.instance(of: origin) else { return }
      adoptMain(id, pid, startedAt: startedAt)
    case .notice(let origin, let notice):
      guard let id = notifications.instance(of: origin) else { return }
      deliver(.notified(id, Notification(notice)))
    case .refused(let origin, let text):
      guard let id = notifications.instance(of: origin) else { return }
      narrator.say(.warning, "\(name(of: id)): notification refused: \(text)")
    case .closed(let origin): notifications.close(origin)
    case .seesNoOthers: reportHiddenProcesses()
    case .open, .close, .adopted: break
    }
  }
}

extension Notification {
  init(_ notice: Notice) {
    switch notice {
    case .ready: self = .ready
    case .stopping: self = .stopping
    case .reloading: self = .reloading
    case .status(let text): self = .status(text)
    case .failed(let errno): self = .failed(errno: errno)
    case .extendTimeout(let time): self = .extendTimeout(Duration(microseconds: time))
    case .watchdog: self = .watchdog
    case .watchdogTriggered: self = .watchdogTriggered
    case .watchdogInterval(let time): self = .watchdogInterval(Duration(microseconds: time))
    case .mainProcess(let pid): self = .mainProcess(pid)
    }
  }
}

extension Duration {
  /// At most a hundred years: what a program sends must not overflow a sum of times.
  fileprivate init(microseconds: UInt64) {
    self = .microseconds(Int64(clamping: min(microseconds, 3_155_760_000_000_000)))
  }
}
