internal import CLinux

/// A directory of sockets for sd_notify(3) that only the supervisor can change, and that every user
/// may pass through to a socket whose name the user knows.
///
/// It is used by its descriptor: users who may change a directory above it cannot lead the
/// supervisor elsewhere.
package final class NotificationDirectory {
  /// With links resolved.
  package let path: String
  private let parent: SafeDirectory
  private let name: String
  private let descriptor: Descriptor

  /// Makes `name` in `base`, or takes it over where it has been made before. nil where that is not
  /// possible, or where another user could replace it.
  package init?(_ name: String, in base: String) {
    guard let parent = try? SafePath.directory(base), parent.control.isControlledByRoot,
      !parent.isTainted
    else { return nil }
    var isNew = true
    do throws(PathProblem) { try parent.makeDirectory(name, mode: 0o700) } catch {
      guard error == .system(.exists) else { return nil }
      isNew = false
    }
    guard let place = try? parent.place(name, isDirectory: true) else { return nil }
    descriptor = Descriptor(adopting: place.descriptor)
    self.parent = parent
    self.name = name
    path = parent.path(of: name)
    guard place.status.user == ThisProcess.effectiveUser, place.status.mode & 0o022 == 0 else {
      return nil
    }
    // Whatever the umask is.
    if isNew, (try? changeMode(ofPlace: place.descriptor, 0o711)) == nil { return nil }
  }

  /// A datagram socket that only its owner may write to, in place of what has that name; nil: the
  /// supervisor is its owner. Throws what bind(2) and chown(2) refuse.
  package func bind(_ name: String, owner: SocketOwner?) throws(Errno) -> Int32 {
    let socket = Descriptor(adopting: try checked(clinux_notify_socket()))
    remove(name)
    _ = try checked(unsafe clinux_bind_at(socket.raw, descriptor.raw, name.systemName, 0o600))
    if let owner {
      let file = Descriptor(
        adopting: try checked(unsafe clinux_open_place(descriptor.raw, name.systemName, 0)))
      try changeOwner(ofPlace: file.raw, user: owner.user, group: owner.group)
    }
    return socket.release()
  }

  /// Removes a socket; one that does not exist is ignored.
  package func remove(_ name: String) {
    _ = unsafe clinux_remove_at(descriptor.raw, name.systemName)
  }

  /// Removes the directory itself, which has to be empty.
  package func removeItself() { try? parent.removeDirectory(name) }
}
