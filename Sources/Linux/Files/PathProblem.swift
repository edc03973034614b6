/// Why a path was not used.
package enum PathProblem: Error, Equatable, Sendable {
  /// The kernel's answer for the object that the path names.
  case system(Errno)
  case refused(PathRefusal)

  /// In lower case, for the middle of a sentence; a refusal begins with its component.
  package var message: String {
    switch self {
    case .system(let error): error.message
    case .refused(let refusal): refusal.message
    }
  }

  /// nil for a refusal.
  package var systemError: Errno? {
    guard case .system(let error) = self else { return nil }
    return error
  }

  package var isRefusal: Bool { systemError == nil }
}

/// A component of a path that an unprivileged user controls, and that would lead the supervisor to
/// an object to which that user has no right.
package struct PathRefusal: Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    /// The component is a symbolic link that neither root nor the supervisor has made.
    case link
    /// The component is a link of root's, but another user may replace it.
    case linkInDirectory(of: UInt32)
    /// The directory belongs to this user, and the component to another one.
    case ownerDiffers(from: UInt32)
    /// The file has further names, which may be anywhere.
    case hardLink
    /// Neither a regular file nor a FIFO.
    case notRegular
    /// A FIFO of a user who is not the writer: that user decides whether the writer has to wait.
    case pipe
    /// The path leads from link to link without an end.
    case tooManyLinks
    /// It is below a directory of this user, who has no right to it. `owner` is the one of the
    /// component's directory.
    case beyondRights(of: UInt32)
    /// It is in a directory of root below a directory that users of a group, or all users, may
    /// change. These users may have put the directory of root there.
    case misplaced
    /// The file is where other users may have put it, and may not be read with the rights that all
    /// these users have.
    case unreadable(by: FileIdentity)
    /// The file is where other users than the writer may have put it, may not be written to with
    /// the rights of the writer or of all these users, and is not known as a log of the supervisor.
    case unmarked
    /// A third user has made the file where any user may make files, and may read what is written.
    case foreign
  }

  /// The path up to the component.
  package var component: String
  /// The uid to which the component belongs.
  package var owner: UInt32
  package var reason: Reason

  package init(_ component: String, owner: UInt32, _ reason: Reason) {
    self.component = component
    self.owner = owner
    self.reason = reason
  }

  package var message: String { "\(component) \(reasonText)" }

  /// The sentence without its subject, the component.
  package var reasonText: String {
    let of = PathRefusal.name(owner)
    switch reason {
    case .link:
      return "is a symbolic link of \(of), which is not followed"
    case .linkInDirectory(let user):
      return "is a symbolic link of \(of), which is not followed because \(Self.name(user)) may "
        + "change its directory"
    case .ownerDiffers(let user):
      return "belongs to \(of), but its directory to \(Self.name(user)), who may have put it there"
    case .hardLink:
      return "of \(of) has more than one name (hard links), and other users may change its "
        + "directory"
    case .notRegular:
      return "of \(of) is not a regular file, and other users may change its directory"
    case .pipe:
      return "is a FIFO of \(of), who decides whether and when it is read; remove it"
    case .tooManyLinks:
      return "leads from one symbolic link to the next without an end"
    case .beyondRights(let user):
      let below = user == owner ? "" : ", below one of \(Self.name(user)),"
      return "is in a directory of \(of)\(below) and is used with the rights of "
        + "\(Self.name(user)), which do not suffice"
    case .unreadable(let identity):
      return "belongs to \(of) and cannot be read with the rights \(Self.rights(of: identity)), "
        + "because other users may have put it there; \(Self.advice(for: identity))let no other "
        + "user change its directory (chmod g-w,o-w)"
    case .unmarked:
      return "belongs to \(of), is not known as a log of the supervisor, and other users may have "
        + "put it there"
    case .foreign:
      return "belongs to \(of), who may read what is written to it; remove it"
    case .misplaced:
      return "is in a directory of \(of) that other users may have put there, because they may "
        + "change a directory above it; it is used with the rights that every user has, which do "
        + "not suffice: chmod g-w,o-w the directory above"
    }
  }

  private static func rights(of identity: FileIdentity) -> String {
    guard identity.isAnyUser else { return "of \(name(identity.user))" }
    return identity.namedGroup.map { "of the group \(name(ofGroup: $0)) (gid \($0))" }
      ?? "that every user has"
  }

  private static func advice(for identity: FileIdentity) -> String {
    guard let group = identity.namedGroup.map(name(ofGroup:)) else { return "" }
    return "let the group \(group) read it (chgrp \(group), chmod g+r), or "
  }

  private static func name(ofGroup group: UInt32) -> String {
    Accounts.read().group(numbered: group)?.name ?? "\(group)"
  }

  /// A user as messages name one, by name and number.
  package static func name(_ user: UInt32) -> String {
    guard let entry = Accounts.read().user(numbered: user) else { return "uid \(user)" }
    return "\(entry.name) (uid \(user))"
  }
}
