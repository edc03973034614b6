/// The payloads of events, byte for byte as supervisord makes them (section 7.3). They are made
/// when the event happens, and what happens afterwards changes them no more.
package enum EventPayload {
  /// What stands behind `from_state:` of PROCESS_STATE events.
  package enum Detail: Sendable, Equatable {
    /// STARTING and BACKOFF: the backoff counter.
    case tries(Int)
    /// RUNNING, STOPPING and STOPPED.
    case pid(Int32)
    /// EXITED.
    case exit(isExpected: Bool, pid: Int32)
    /// FATAL and UNKNOWN.
    case none
  }

  /// PROCESS_STATE_*; `from` is the state before, by supervisord's name for it.
  package static func processState(
    process: String, group: String, from: String, _ detail: Detail
  ) -> [UInt8] {
    let tail =
      switch detail {
      case .tries(let count): " tries:\(count)"
      case .pid(let pid): " pid:\(pid)"
      case .exit(let isExpected, let pid): " expected:\(isExpected ? 1 : 0) pid:\(pid)"
      case .none: ""
      }
    return Array("processname:\(process) groupname:\(group) from_state:\(from)\(tail)".utf8)
  }

  /// PROCESS_LOG_*.
  package static func log(
    process: String, group: String, pid: Int32, isError: Bool, _ data: ArraySlice<UInt8>
  ) -> [UInt8] {
    let channel = isError ? "stderr" : "stdout"
    let head = "processname:\(process) groupname:\(group) pid:\(pid) channel:\(channel)\n"
    return Array(head.utf8) + text(data)
  }

  /// PROCESS_COMMUNICATION_*.
  package static func communication(
    process: String, group: String, pid: Int32, _ data: ArraySlice<UInt8>
  ) -> [UInt8] {
    Array("processname:\(process) groupname:\(group) pid:\(pid)\n".utf8) + text(data)
  }

  /// REMOTE_COMMUNICATION: what sendRemoteCommEvent was called with.
  package static func remoteCommunication(type: String, data: String) -> [UInt8] {
    Array("type:\(type)\n\(data)".utf8)
  }

  /// TICK_*; in seconds since 1970, already rounded down.
  package static func tick(when: Int64) -> [UInt8] { Array("when:\(when)".utf8) }

  /// PROCESS_GROUP_*.
  package static func group(_ name: String) -> [UInt8] { Array("groupname:\(name)\n".utf8) }

  /// UTF-8 as it is; anything else as Python writes bytes down.
  private static func text(_ data: ArraySlice<UInt8>) -> [UInt8] {
    guard String(validating: data, as: UTF8.self) == nil else { return Array(data) }
    return Array("Undecodable: ".utf8) + PythonText.bytes(data)
  }
}
