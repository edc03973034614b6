internal import CLinux
internal import Glibc

/// A unix(7) stream socket that a safe walk of its path has found (see `SafePath`), for a process
/// that has the right to find it wherever it is and makes one connection.
package final class LocalSocketPlace {
  private let path: String
  private let descriptor: Descriptor
  /// The file permissions that a connection takes.
  private let identity: FileIdentity

  package init(_ path: String) throws(PathProblem) {
    guard case .entry(let directory, let name) = try SafePath.resolve(path) else {
      throw .system(.connectionRefused)
    }
    let found = try directory.place(name, isDirectory: false)
    self.path = path
    descriptor = Descriptor(adopting: found.descriptor)
    identity =
      directory.control.user == nil
      ? FileIdentity(user: found.status.user, group: found.status.group) : directory.identity
  }

  /// Begins to connect, without waiting, without capabilities, and with the file permissions of the
  /// user who controls the directory, or where no user does, of the socket's owner. The process has
  /// no capabilities afterwards.
  ///
  /// Where the kernel does not grant that identity, for want of CAP_SETUID or CAP_SETGID, the
  /// process connects as it is. Throws EAGAIN where the queue of the socket is full.
  package func beginConnection() throws(Errno) -> Int32 {
    defer { _ = clinux_take_file_identity(geteuid(), getegid()) }
    if clinux_take_file_identity(identity.user, identity.group) == 0 {
      try ThisProcess.reduceRights(to: .none)
    }
    do throws(Errno) {
      return try beginLocalConnection("/proc/self/fd/\(descriptor.raw)")
    } catch {
      // proc(5) may not be mounted.
      guard error == .notFound else { throw error }
      return try beginLocalConnection(path)
    }
  }
}
