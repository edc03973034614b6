internal import CLinux

/// The owner of a socket's file. All ones: as it is, see chown(2).
package struct SocketOwner: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }
}

/// Which process connects to a socket that already exists at a path, to find out whether another
/// process listens there.
package enum SocketCheck: Sendable {
  /// The caller.
  case here
  /// A child process, for PID 1, which connects to no socket. The child has 2 s.
  case inChild
}

/// A unix(7) stream socket without a name, non-blocking unless it is for a program.
package func makeLocalSocket(blocking: Bool = false) throws(Errno) -> Int32 {
  try checked(clinux_unix_socket(blocking ? 1 : 0))
}

/// Makes a unix(7) socket listen at a path, and returns the inode of its file. The socket gets its
/// name once it listens and has its mode and owner, and takes the place of one that does not
/// answer.
///
/// Its directory is walked safely (see `SafePath`). In it the supervisor acts with its own identity
/// also where a user controls the directory, since a socket that belonged to this user would let
/// this user connect. So the socket is bound in a directory that only the supervisor may enter: a
/// user can neither replace the file whose owner changes, nor pass off another file as this one.
///
/// Throws EADDRINUSE where a process answers there, and ENOTSOCK where another file is.
package func listen(
  _ socket: Int32, at path: String, mode: UInt32, backlog: Int32, owner: SocketOwner?,
  checking check: SocketCheck
) throws(PathProblem) -> UInt64 {
  let (directory, name) = try SafePath.parent(of: path)
  try SocketFile.makeRoom(for: name, in: directory, path, check)
  do throws(Errno) {
    return try directory.withPrivateDirectory { (place) throws(Errno) in
      defer { SocketFile.removeUnnamed(in: place) }
      let inode = try SocketFile.bind(socket, in: place, mode, owner)
      _ = try checked(clinux_listen(socket, backlog))
      try SocketFile.move(from: place, to: name, in: directory)
      return inode
    }
  } catch {
    throw .system(error)
  }
}

/// A new unix(7) socket, non-blocking, that listens at a path, and the inode of its file: see
/// `listen(_:at:)`. PID 1 calls it before its loop.
package func listenLocally(
  _ path: String, mode: UInt32, backlog: Int32 = 64, owner: SocketOwner? = nil
) throws(PathProblem) -> (socket: Int32, inode: UInt64) {
  let socket: Descriptor
  do throws(Errno) { socket = Descriptor(adopting: try makeLocalSocket()) } catch {
    throw .system(error)
  }
  refuseDescriptors(socket.raw)
  let inode = try listen(
    socket.raw, at: path, mode: mode, backlog: backlog, owner: owner, checking: .inChild)
  return (socket.release(), inode)
}

/// What is known of a socket's file, to find out later whether it is still the same.
package func socketInode(_ path: String) throws(PathProblem) -> UInt64? {
  let (directory, name) = try SafePath.parent(of: path)
  guard let status = try directory.status(name), status.kind == .socket else { return nil }
  return status.inode
}

/// Removes the file of a socket that is still the same.
package func removeSocket(_ path: String, inode: UInt64) throws(PathProblem) {
  let (directory, name) = try SafePath.parent(of: path)
  guard let status = try directory.status(name), status.kind == .socket, status.inode == inode
  else { return }
  do throws(Errno) {
    try SocketFile.supervised { () throws(Errno) in try SocketFile.remove(name, in: directory) }
  } catch {
    throw .system(error)
  }
}

/// Gives the file of a socket that is still the same another mode and owner. Throws ENOTSOCK where
/// another file is.
package func changeSocket(
  _ path: String, inode: UInt64, mode: UInt32, _ owner: SocketOwner
) throws(PathProblem) {
  let (directory, name) = try SafePath.parent(of: path)
  let found = try directory.place(name, isDirectory: false)
  let file = Descriptor(adopting: found.descriptor)
  guard found.status.kind == .socket, found.status.inode == inode else {
    throw .system(.notSocket)
  }
  do throws(Errno) {
    try changeMode(ofPlace: file.raw, mode)
    try changeOwner(ofPlace: file.raw, user: owner.user, group: owner.group)
  } catch {
    throw .system(error)
  }
}

/// The steps, each on one name in a directory.
private enum SocketFile {
  /// Of sockaddr_un.sun_path, with the zero at its end: clients connect by the path.
  static let maxPathBytes = 108

  static func supervised<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
    try FileIdentity.supervisor.perform(body)
  }

  static func makeRoom(
    for name: String, in directory: SafeDirectory, _ path: String, _ check: SocketCheck
  ) throws(PathProblem) {
    guard path.utf8.count < maxPathBytes else { throw .system(.nameTooLong) }
    guard let status = try directory.status(name) else { return }
    // A rename over a regular file would remove it.
    guard status.kind == .socket else { throw .system(.notSocket) }
    do throws(Errno) {
      let answers = try supervised { () throws(Errno) in
        switch check {
        case .here: try checked(unsafe clinux_socket_answers(directory.raw, name.systemName))
        case .inChild:
          try checked(unsafe clinux_child_finds_answer(directory.raw, name.systemName))
        }
      }
      guard answers == 0 else { throw Errno.addressInUse }
    } catch {
      throw .system(error)
    }
  }

  /// The name of a socket in its private directory.
  private static let unnamed = "socket"

  /// Returns the inode. `place` is a private directory.
  static func bind(
    _ socket: Int32, in place: Int32, _ mode: UInt32, _ owner: SocketOwner?
  ) throws(Errno) -> UInt64 {
    removeUnnamed(in: place)
    _ = try checked(unsafe clinux_bind_at(socket, place, unnamed.systemName, mode))
    let file = Descriptor(
      adopting: try checked(unsafe clinux_open_place(place, unnamed.systemName, 0)))
    if let owner { try changeOwner(ofPlace: file.raw, user: owner.user, group: owner.group) }
    return try fileStatus(of: file.raw).inode
  }

  static func move(
    from place: Int32, to name: String, in directory: SafeDirectory
  ) throws(Errno) {
    _ = try checked(
      unsafe clinux_rename_at(place, unnamed.systemName, directory.raw, name.systemName))
  }

  /// One that has been moved, or was never bound, is ignored.
  static func removeUnnamed(in place: Int32) {
    _ = unsafe clinux_remove_at(place, unnamed.systemName)
  }

  static func remove(_ name: String, in directory: SafeDirectory) throws(Errno) {
    _ = try checked(unsafe clinux_remove_at(directory.raw, name.systemName))
  }
}
