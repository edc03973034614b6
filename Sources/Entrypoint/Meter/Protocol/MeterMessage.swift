internal import LoggerProtocol

/// What PID 1 and the meter say to each other, one record of a SOCK_SEQPACKET channel each.
package enum MeterMessage: Sendable, Equatable {
  /// To the meter: this process leads a group that may use so many bytes. Takes the place of an
  /// older process of the same instance.
  case watch(instance: UInt32, pid: Int32, limit: UInt64)
  /// To the meter: its process has ended.
  case forget(instance: UInt32)
  /// To PID 1, once for each process: its group uses so many bytes, which is more than it may.
  case outgrew(instance: UInt32, pid: Int32, bytes: UInt64)

  /// To PID 1, at the beginning: it does not see the processes of other users.
  case seesNoOthers

  package static let longest = 32

  package var encoded: [UInt8] {
    switch self {
    case .watch(let instance, let pid, let limit): MeterMessage.record(1, instance, pid, limit)
    case .forget(let instance): MeterMessage.record(2, instance, 0, 0)
    case .outgrew(let instance, let pid, let bytes): MeterMessage.record(3, instance, pid, bytes)
    case .seesNoOthers: MeterMessage.record(4, 0, 0, 0)
    }
  }

  private static func record(
    _ kind: UInt8, _ instance: UInt32, _ pid: Int32, _ bytes: UInt64
  ) -> [UInt8] {
    var record = [kind]
    record.put(UInt64(instance))
    record.put(UInt64(clamping: pid))
    record.put(bytes)
    return record
  }

  /// nil for what is no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    var cursor = RecordCursor(bytes)
    guard let kind = cursor.byte(), let instance = cursor.small(),
      let pid = cursor.number().flatMap({ Int32(exactly: $0) }), let amount = cursor.number(),
      cursor.isAtEnd
    else { return nil }
    switch kind {
    case 1: self = .watch(instance: instance, pid: pid, limit: amount)
    case 2: self = .forget(instance: instance)
    case 3: self = .outgrew(instance: instance, pid: pid, bytes: amount)
    case 4: self = .seesNoOthers
    default: return nil
    }
  }
}
