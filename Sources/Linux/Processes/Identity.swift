internal import CLinux

/// What a supervisor may be and have, settled before it starts: who it is, its limits, its session.
extension ThisProcess {
  /// getrlimit(2): the soft and the hard limit; `UInt64.max` is none.
  package static func limit(_ resource: Int32) throws(Errno) -> (soft: UInt64, hard: UInt64) {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    _ = try checked(unsafe clinux_resource_limit(resource, &soft, &hard))
    return (soft, hard)
  }

  /// setrlimit(2). Throws EPERM for a hard limit above the one there is, but for root.
  package static func setLimit(
    _ resource: Int32, soft: UInt64, hard: UInt64
  ) throws(Errno) {
    _ = try checked(clinux_set_resource_limit(resource, soft, hard))
  }

  /// Raises the soft limit of open files, as far as the hard one goes.
  package static func raiseOpenFileLimit(to wanted: UInt64) throws(Errno) {
    let limit = try limit(7)
    guard limit.soft < wanted else { return }
    try setLimit(7, soft: min(wanted, limit.hard), hard: limit.hard)
  }

  /// RLIMIT_AS: a malloc(3) beyond it fails, which ends the process, and only this one.
  package static func limitMemory(to bytes: UInt64) throws(Errno) {
    try setLimit(9, soft: bytes, hard: bytes)
  }

  /// Gives up root for good. Throws EPERM for anybody else.
  package static func become(
    user: UInt32, group: UInt32, supplementaryGroups: [UInt32]
  ) throws(Errno) {
    let count = Int32(supplementaryGroups.count)
    _ = try checked(unsafe clinux_become_user(user, group, supplementaryGroups, count))
  }

  /// Goes on as a child in a session of its own, on /dev/null; whoever started us sees us end well.
  package static func becomeDaemon() throws(Errno) {
    _ = try checked(clinux_become_daemon())
  }
}
