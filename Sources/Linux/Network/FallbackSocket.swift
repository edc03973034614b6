internal import CLinux

/// Where the supervisor listens when it can make no socket file, in a container whose root is
/// read-only: at a name in the abstract namespace of unix(7), which needs no file.
///
/// The name follows from the path that was meant and from the mount namespace, because containers
/// may share a network namespace, to which abstract names belong. It is no secret and has no owner:
/// a program may have bound it first. So the client accepts only a server whose credentials, as
/// the kernel vouches for them, belong to the supervisor.
package enum FallbackSocket {
  /// `entrypoint/4026531841/run/entrypoint.sock`, without the leading zero byte.
  package static func name(for path: String) -> String {
    let namespace = (try? linkTarget("/proc/self/ns/mnt")) ?? ""
    let number = String(decoding: namespace.utf8.filter { (48...57).contains($0) }, as: UTF8.self)
    let name = "entrypoint/\(number)/\(path.drop { $0 == "/" })"
    return name.utf8.count <= longestName ? name : "entrypoint/\(number)/\(digest(path))"
  }

  /// Bytes that `sun_path` holds behind the leading zero.
  private static let longestName = 107

  /// FNV-1a. A collision would cost the second of two supervisors its control socket.
  private static func digest(_ text: String) -> String {
    let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return String(hash, radix: 16)
  }

  /// A listening socket, non-blocking; throws EADDRINUSE where another process has the name, and
  /// ENAMETOOLONG.
  package static func listen(for path: String, backlog: Int32 = 64) throws(Errno) -> Int32 {
    try checked(unsafe clinux_abstract_listen(name(for: path), backlog))
  }

  package static func connect(for path: String) throws(Errno) -> Int32 {
    try checked(unsafe clinux_abstract_connect(name(for: path)))
  }
}

/// Whether a supervisor listens at the other end of a connection: root, the caller's own user, or
/// PID 1 of the caller's own PID namespace. The kernel recorded the credentials at listen(2).
package func isServedBySupervisor(_ raw: Int32) -> Bool {
  var user: Int32 = -1
  var pid: Int32 = 0
  guard unsafe clinux_peer(raw, &user, &pid) == 0, pid > 0 else {
    // A process of another PID namespace, which may be another container, has no pid here.
    return false
  }
  let owner = UInt32(bitPattern: user)
  return owner == 0 || owner == ThisProcess.effectiveUser || pid == 1
}
