internal import CLinux

/// What may be given to another owner: `[directory:x]` does so on request, but only with what no
/// user has moved to that place to gain it.
extension SafeDirectory {
  /// The directory of this name, whose owner is about to change. Below a directory that users may
  /// change it must belong to the user of that directory, to the new owner, or be open to all users
  /// for reading.
  package func openForOwner(
    _ name: String, _ user: UInt32?
  ) throws(PathProblem) -> SafeDirectory {
    let found = try place(name, isDirectory: true)
    guard let child = child(name, found, user) else {
      closeDescriptor(found.descriptor)
      throw .refused(
        PathRefusal(
          path(of: name), owner: found.status.user, .ownerDiffers(from: control.user ?? owner)))
    }
    return child
  }

  /// The same of a directory that is open already; takes the descriptor over. nil where it may not
  /// be given away.
  package func child(_ name: String, _ found: Opened, _ user: UInt32?) -> SafeDirectory? {
    guard mayGive(found.status, to: user) || isMount(found.descriptor, found.status) else {
      return nil
    }
    // Read with root's rights: it is asked for as it is.
    return SafeDirectory(
      adopting: found.descriptor, path: path(of: name), found.status, control, writers: writers,
      placers: placers, directoryPlacers: directoryPlacers)
  }

  /// Why a regular file may not be given away; nil: it may.
  package func objection(to status: FileStatus, _ user: UInt32?) -> String? {
    guard FileIdentity.isPrivileged, user != status.user else { return nil }
    if status.links > 1 { return "it has more than one name (hard links)" }
    guard !mayGive(status, to: user) else { return nil }
    return "only its owner may read it, and another user may have put it here"
  }

  /// Who may change an open file of this directory, or put another one in its place. In a directory
  /// with the sticky bit all users may do so by moving a file of root there before the name is
  /// taken.
  func writers(of file: Opened) -> FileWriters {
    guard FileIdentity.isPrivileged else { return .root }
    guard control == .trusted, !isTainted,
      DirectoryControl(of: file.status, file.descriptor) == .trusted
    else { return .users }
    return max(writers, FileWriters(ofTrusted: file.status))
  }

  /// Whether a directory that is open is mounted at its name here: only root can mount, and
  /// rename(2) moves no mount. A btrfs subvolume has a device number of its own as well, but any
  /// user may make and rename one. Before Linux 5.8 the device number decides.
  func isMount(_ raw: Int32, _ status: FileStatus) -> Bool {
    unsafe status.device != device && clinux_is_mount(raw, "".systemName) != 0
  }

  private func mayGive(_ status: FileStatus, to user: UInt32?) -> Bool {
    guard FileIdentity.isPrivileged, isTainted else { return true }
    let all: UInt32 = status.kind == .directory ? 0o005 : 0o004
    return status.user == control.user || status.user == user || status.mode & all == all
  }
}
