internal import CLinux
internal import Glibc

/// Who can change what a name in a directory means.
enum DirectoryControl: Equatable {
  /// Only root and the supervisor.
  case trusted
  /// Any user may add names, but not replace those of others: the sticky bit, as in /tmp.
  case sticky
  /// Its owner is trusted, but users of a group, or all, may replace any name.
  case shared
  /// It belongs to an unprivileged user, or lies below a directory that does; in it the supervisor
  /// acts with this identity.
  case user(FileIdentity)
  /// It belongs to root, but users who may change a directory above it may have put it there: the
  /// supervisor acts in it with the rights that every user has.
  case misplaced

  /// `raw` is the open directory, also by O_PATH.
  init(of directory: FileStatus, _ raw: Int32) {
    guard Trust.includes(directory.user) else {
      self = .user(.of(directory.user, directoryGroup: directory.group))
      return
    }
    // The bits of the group are also the mask of an access control list: acl(5).
    let mayGroupWrite = directory.mode & 0o020 != 0
    let isShared =
      directory.group != 0 || RootGroup.isShared || clinux_has_access_list(raw) != 0
    guard mayGroupWrite && isShared || directory.mode & 0o002 != 0 else {
      self = .trusted
      return
    }
    self = directory.mode & 0o1000 != 0 ? .sticky : .shared
  }
}

/// Who may change a file, or put another one in its place, besides the supervisor.
package enum FileWriters: Int, Comparable, Sendable {
  case root
  /// Programs of other users too, if they run in root's group, which is known only once the
  /// configuration has been read (see `RootGroup`).
  case groupOfRoot
  case users

  package static func < (one: FileWriters, other: FileWriters) -> Bool {
    one.rawValue < other.rawValue
  }

  /// Of a file or a directory that no other user may change.
  init(ofTrusted status: FileStatus) { self = status.mode & 0o020 != 0 ? .groupOfRoot : .root }
}

/// The users who may direct the supervisor by what they put into directories.
enum Trust {
  /// Root, the supervisor itself, and whoever owns the root directory: in a user namespace that
  /// does not map root this is the number of unmapped users.
  static func includes(_ user: UInt32) -> Bool {
    user == 0 || user == geteuid() || user == ownerOfRoot
  }

  private static let ownerOfRoot = (try? fileStatus("/"))?.user ?? 0
}
