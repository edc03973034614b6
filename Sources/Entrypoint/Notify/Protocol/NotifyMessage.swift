internal import LoggerProtocol

/// Which process of which instance a notification is about: the generation counts its starts, so
/// that a late message is never taken for one of the next process.
package struct NotifyOrigin: Sendable, Equatable {
  package var instance: UInt32
  package var generation: UInt32

  package init(instance: UInt32, generation: UInt32) {
    self.instance = instance
    self.generation = generation
  }
}

/// What a program has announced by sd_notify(3), verified and within limits.
package enum Notice: Sendable, Equatable {
  case ready, stopping, reloading
  /// Printable, and at most `Notice.maxStatus` bytes long.
  case status(String)
  case failed(errno: Int32)
  case extendTimeout(microseconds: UInt64)
  case watchdog, watchdogTriggered
  case watchdogInterval(microseconds: UInt64)
  case mainProcess(pid: Int32)

  package static let maxStatus = 512
}

/// What PID 1 and the notify role tell each other, one record of a SOCK_SEQPACKET channel each.
package enum NotifyMessage: Sendable, Equatable {
  /// To the role: receive from the socket that the record passes. The process with this pid leads
  /// the session, and runs as this user.
  case open(NotifyOrigin, pid: Int32, user: UInt32)
  /// To the role: the process has ended. The record passes the socket once more, in case the role
  /// has been started since. The role empties the queue and answers with `closed`.
  case close(NotifyOrigin)
  /// To PID 1: the queue is empty and stays so.
  case closed(NotifyOrigin)
  /// To the role: this is the main process from now on.
  case adopted(NotifyOrigin, pid: Int32)
  /// To PID 1; never `Notice.mainProcess`.
  case notice(NotifyOrigin, Notice)
  /// To PID 1: the program has named this process as its main process, and the role has checked the
  /// process. `startedAt` is its start time in clock ticks since the machine started
  /// (proc_pid_stat(5)); pid and start time together identify one process.
  case mainProcess(NotifyOrigin, pid: Int32, startedAt: UInt64)
  /// To PID 1, for the main log: why messages of this program are not taken.
  case refused(NotifyOrigin, String)
  /// To PID 1, at the beginning: the role does not see the processes of other users.
  case seesNoOthers

  package static let maxLength = 1024

  package var encoded: [UInt8] {
    switch self {
    case .open(let origin, let pid, let user):
      NotifyMessage.record(1, origin, UInt64(clamping: pid) << 32 | UInt64(user))
    case .close(let origin): NotifyMessage.record(2, origin)
    case .refused(let origin, let text): NotifyMessage.record(3, origin, text: text)
    case .closed(let origin): NotifyMessage.record(5, origin)
    case .adopted(let origin, let pid): NotifyMessage.record(4, origin, UInt64(clamping: pid))
    case .mainProcess(let origin, let pid, let startedAt):
      NotifyMessage.record(6, origin, startedAt, text: "\(pid)")
    case .seesNoOthers: NotifyMessage.record(7, NotifyOrigin(instance: 0, generation: 0))
    case .notice(let origin, let notice):
      NotifyMessage.record(notice.kind, origin, notice.number, text: notice.text)
    }
  }

  private static func record(
    _ kind: UInt8, _ origin: NotifyOrigin, _ number: UInt64 = 0, text: String = ""
  ) -> [UInt8] {
    var record = [kind]
    record.put(UInt64(origin.instance) << 32 | UInt64(origin.generation))
    record.put(number)
    record.put(bytes: Array(text.utf8.prefix(Notice.maxStatus))[...])
    return record
  }

  /// nil for bytes that are no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var cursor = RecordCursor(bytes)
    guard let kind = cursor.byte(), let both = cursor.number(), let number = cursor.number(),
      let text = cursor.text(), cursor.isAtEnd
    else { return nil }
    let origin = NotifyOrigin(
      instance: UInt32(truncatingIfNeeded: both >> 32),
      generation: UInt32(truncatingIfNeeded: both))
    switch kind {
    case 1:
      guard let pid = Int32(exactly: number >> 32) else { return nil }
      self = .open(origin, pid: pid, user: UInt32(truncatingIfNeeded: number))
    case 2: self = .close(origin)
    case 3: self = .refused(origin, text)
    case 5: self = .closed(origin)
    case 4: self = .adopted(origin, pid: Int32(clamping: number))
    case 6:
      guard let pid = Int32(text) else { return nil }
      self = .mainProcess(origin, pid: pid, startedAt: number)
    case 7: self = .seesNoOthers
    default:
      guard let notice = Notice(kind, number, text) else { return nil }
      self = .notice(origin, notice)
    }
  }
}

extension Notice {
  /// Names the case in a record, and orders nothing.
  package var kind: UInt8 {
    switch self {
    case .ready: 16
    case .stopping: 17
    case .reloading: 18
    case .status: 19
    case .failed: 20
    case .extendTimeout: 21
    case .watchdog: 22
    case .watchdogTriggered: 23
    case .watchdogInterval: 24
    case .mainProcess: 25
    }
  }

  fileprivate var number: UInt64 {
    switch self {
    case .ready, .stopping, .reloading, .status, .watchdog, .watchdogTriggered: 0
    case .failed(let errno): UInt64(clamping: errno)
    case .extendTimeout(let time), .watchdogInterval(let time): time
    case .mainProcess(let pid): UInt64(clamping: pid)
    }
  }

  fileprivate var text: String {
    guard case .status(let text) = self else { return "" }
    return text
  }

  fileprivate init?(_ kind: UInt8, _ number: UInt64, _ text: String) {
    switch kind {
    case 16: self = .ready
    case 17: self = .stopping
    case 18: self = .reloading
    case 19: self = .status(text)
    case 20: self = .failed(errno: Int32(clamping: number))
    case 21: self = .extendTimeout(microseconds: number)
    case 22: self = .watchdog
    case 23: self = .watchdogTriggered
    case 24: self = .watchdogInterval(microseconds: number)
    default: return nil
    }
  }
}
