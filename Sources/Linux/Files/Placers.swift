internal import CLinux

/// The unprivileged users who may have put a file where it is: rename(2) moves a file that the
/// caller may not read, if the caller may change both directories. acl(5), path_resolution(7).
struct Placers: Equatable {
  /// Each with a group whose rights this user has.
  private var users: [FileIdentity] = []
  /// The rights that further users have, whose numbers are not known; nil: there are none.
  private var others: FileIdentity?

  /// Only root.
  static let none = Placers()

  /// Those who may add names to a directory. `raw` is the open directory, also by O_PATH.
  init(of directory: FileStatus, _ raw: Int32) {
    self.init(owner: directory)
    let mayGroupWrite = directory.mode & 0o020 != 0
    // The bits of the group are also the mask of an access list, which may name any user.
    if directory.mode & 0o002 != 0 || (mayGroupWrite && clinux_has_access_list(raw) != 0) {
      others = .nobody
    } else if mayGroupWrite, directory.group != 0 || RootGroup.isShared {
      add(groupOf: directory)
    }
  }

  private init() {}

  /// The owner of a directory alone: with the sticky bit no other user can rename a directory that
  /// belongs to a third user, and rename(2) to another directory takes the right to change the
  /// directory that is moved.
  init(owner directory: FileStatus) {
    guard !Trust.includes(directory.user) else { return }
    users = [.of(directory.user, directoryGroup: directory.group)]
  }

  /// A program may run in root's group, or in one without members, by `user=name:group` alone.
  private mutating func add(groupOf directory: FileStatus) {
    let members = directory.group == 0 ? [] : Accounts.read().members(of: directory.group)
    if members.isEmpty { others = .member(of: directory.group) }
    guard members != users.map(\.user) else { return }
    users.removeAll { members.contains($0.user) }
    users += members.map { FileIdentity(user: $0, group: directory.group) }
  }

  /// These and those of a directory above, who may have put the directory there.
  func joined(_ above: Placers) -> Placers {
    var all = self
    all.users += above.users.filter { user in !users.contains { $0.user == user.user } }
    if let further = above.others {
      all.others = others == nil || others == further ? further : .nobody
    }
    return all
  }

  /// Whether no user but this one may have put a file there.
  func areOnly(_ user: UInt32) -> Bool { others == nil && users.allSatisfy { $0.user == user } }

  /// The rights with which such a file gives none of these users anything: those that all of them
  /// have. The file's owner may read it anyway.
  func rights(to file: FileStatus) -> FileIdentity {
    let rest = users.filter { $0.user != file.user } + [others].compactMap(\.self)
    guard let first = rest.first else {
      return users.isEmpty ? .supervisor : .of(file.user, directoryGroup: file.group)
    }
    if rest.count == 1, others == nil { return first }
    let areOfOneGroup =
      first.namedGroup != nil && rest.allSatisfy { $0.group == first.group }
    return .member(of: areOfOneGroup ? first.group : nil, besides: file)
  }
}

extension Accounts {
  /// Its members without root: those who have it as their primary group, and those it lists.
  fileprivate func members(of group: UInt32) -> [UInt32] {
    let listed = groups.filter { $0.group == group }.flatMap(\.members)
    let found = users.filter { $0.group == group || listed.contains($0.name) }.map(\.user)
    return found.filter { !Trust.includes($0) }
  }
}
