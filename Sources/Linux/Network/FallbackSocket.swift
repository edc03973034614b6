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
    return "entrypoint/\(number)/\(path.drop { $0 == "/" })"
  }

  /// A listening socket, non-blocking; throws EADDRINUSE where another process has the name, and
  /// ENAMETOOLONG.
  package static func listen(for path: String, backlog: Int32 = 64) throws(Errno) -> Int32 {
    try checked(unsafe clinux_abstract_listen(name(for: path), backlog))
  }

  /// A connection; throws EACCES where the server is neither root, nor the caller's own user, nor
  /// PID 1 of the caller's own PID namespace.
  package static func connect(for path: String) throws(Errno) -> Int32 {
    var user: Int32 = -1
    var pid: Int32 = 0
    let socket = try checked(unsafe clinux_abstract_connect(name(for: path), &user, &pid))
    let owner = UInt32(bitPattern: user)
    // A process of another PID namespace, which may be another container, has no pid here.
    if pid > 0, owner == 0 || owner == ThisProcess.effectiveUser || pid == 1 { return socket }
    closeDescriptor(socket)
    throw .accessDenied
  }
}
