internal import CLinux
internal import Glibc

extension SafeDirectory {
  /// Calls `body` with the descriptor (O_PATH) of a new directory that only the supervisor may
  /// enter, and removes that directory, which has to be empty by then. In it a file gets its owner
  /// and mode before another user can put a different file in its place.
  ///
  /// Users who may change the outer directory may move the private one, and may put another
  /// directory in its place before it is opened. So it is checked: nothing but a directory of the
  /// supervisor's that no other user may enter is used. Throws EEXIST for anything else.
  func withPrivateDirectory<Value>(
    _ body: (Int32) throws(Errno) -> Value
  ) throws(Errno) -> Value {
    let name = temporaryName()
    return try FileIdentity.supervisor.perform { () throws(Errno) in
      guard unsafe mkdirat(raw, name.systemName, 0o700) == 0 else { throw Errno.last }
      defer { _ = unsafe unlinkat(raw, name.systemName, AT_REMOVEDIR) }
      let place = Descriptor(
        adopting: try checked(unsafe clinux_open_place(raw, name.systemName, 1)))
      guard try isPrivate(fileStatus(of: place.raw)) else { throw .exists }
      return try body(place.raw)
    }
  }

  private func isPrivate(_ status: FileStatus) -> Bool {
    !FileIdentity.isPrivileged || (status.user == clinux_file_uid() && status.mode & 0o077 == 0)
  }
}
