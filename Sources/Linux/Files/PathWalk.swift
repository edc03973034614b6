internal import CLinux
internal import Glibc
internal import SafeText

/// A path on its way to the directory of its last component.
///
/// Root must not be led by others: a link is followed only where root or the supervisor has made it
/// and no other user can replace it. Below a directory of an unprivileged user nothing of another
/// user is entered (systemd's CHASE_SAFE has the same rule), and what root owns there is used with
/// that user's rights. For a process of an ordinary user every link is followed, as open(2) does.
struct PathWalk {
  /// As many as the kernel follows: path_resolution(7).
  private static let maxLinks = 40

  private let isProtected: Bool
  /// The directories from the root to the current one, for `..`.
  private var stack: [SafeDirectory]
  /// Components still to come, the next one last.
  private var rest: [String] = []
  private var links = 0
  /// A link of an unprivileged user has been followed.
  private var usesLinkOfUser = false
  /// Missing directories are made, as by `mkdir -p`.
  private let makesDirectories: Bool

  /// Throws what open(2) refuses for `/`.
  init(makingDirectories: Bool = false) throws(PathProblem) {
    isProtected = FileIdentity.isPrivileged
    makesDirectories = makingDirectories
    stack = [try PathWalk.root()]
  }

  /// Where the path leads.
  mutating func resolve(_ path: String) throws(PathProblem) -> SafePath.Place {
    if let number = try enter(path) { return own(number) }
    while let name = rest.popLast() {
      guard rest.isEmpty, name != ".." else {
        if let number = try step(into: name) { return own(number) }
        continue
      }
      guard let status = try directory.status(name), status.kind == .link else {
        return .entry(directory, name)
      }
      if let number = try follow(name, status) { return own(number) }
    }
    return .entry(directory, ".")
  }

  private func own(_ number: Int32) -> SafePath.Place {
    .descriptor(number, isByUser: usesLinkOfUser)
  }

  /// The directory that the path names.
  mutating func directory(_ path: String) throws(PathProblem) -> SafeDirectory {
    guard try enter(path) == nil else { throw .system(.notDirectory) }
    while let name = rest.popLast() {
      guard try step(into: name) == nil else { throw .system(.notDirectory) }
    }
    return directory
  }

  /// The last directory on the way that exists and can be entered.
  mutating func reach(_ path: String) -> SafeDirectory {
    _ = try? resolve(path)
    return directory
  }

  private var directory: SafeDirectory { stack[stack.count - 1] }

  /// The components of a path or of a link's text come next; a number where the whole is a name of
  /// one of the container's own descriptors.
  private mutating func enter(_ path: String) throws(PathProblem) -> Int32? {
    guard !path.isEmpty else { throw .system(.notFound) }
    rest += path.fields(separatedBy: "/").filter { $0 != "." }.reversed().map(String.init)
    guard path.begins(with: "/") else { return nil }
    stack = [try PathWalk.root()]
    return SafePath.ownDescriptor(rest.reversed())
  }

  private mutating func step(into name: String) throws(PathProblem) -> Int32? {
    if name == ".." {
      if stack.count > 1 { stack.removeLast() }
      return nil
    }
    var status = try directory.status(name)
    if status == nil, makesDirectories {
      do throws(PathProblem) { try directory.makeDirectory(name) } catch {
        guard error == .system(.exists) else { throw error }
      }
      status = try directory.status(name)
    }
    guard let status else { throw .system(.notFound) }
    if status.kind == .link { return try follow(name, status) }
    stack.append(try open(name))
    return nil
  }

  private func open(_ name: String) throws(PathProblem) -> SafeDirectory {
    let opened = try directory.act(on: name) { () throws(Errno) in
      try checked(unsafe clinux_open_place(directory.raw, name.systemName, 1))
    }
    let path = directory.path(of: name)
    do throws(PathProblem) {
      let status: FileStatus
      do throws(Errno) { status = try fileStatus(of: opened) } catch { throw .system(error) }
      return try admit(opened, path, status)
    } catch {
      closeDescriptor(opened)
      throw error
    }
  }

  /// Takes the descriptor over where it throws nothing.
  private func admit(
    _ raw: Int32, _ path: String, _ status: FileStatus
  ) throws(PathProblem) -> SafeDirectory {
    guard isProtected else {
      return SafeDirectory(adopting: raw, path: path, status, .trusted, writers: .root)
    }
    let isMount = directory.isMount(raw, status)
    let own = DirectoryControl(of: status, raw)
    let control = isMount ? own : try directory.control(of: status, own, path)
    let writers: FileWriters =
      switch control {
      case .trusted: FileWriters(ofTrusted: status)
      case .sticky: .root
      case .shared, .user, .misplaced: .users
      }
    let above = isMount ? .root : directory.writers
    let placersAbove = isMount ? .none : directory.directoryPlacers
    let placers = Placers(of: status, raw).joined(placersAbove)
    let isSticky = status.mode & 0o1000 != 0
    return SafeDirectory(
      adopting: raw, path: path, status, control, writers: max(writers, above), placers: placers,
      directoryPlacers: isSticky ? Placers(owner: status).joined(placersAbove) : placers)
  }

  /// The components of the link's text take the place of its name.
  private mutating func follow(
    _ name: String, _ status: FileStatus
  ) throws(PathProblem) -> Int32? {
    let path = directory.path(of: name)
    links += 1
    guard links <= PathWalk.maxLinks else {
      throw .refused(.init(path, owner: status.user, .tooManyLinks))
    }
    let target = try directory.linkTarget(name)
    // A program gains nothing by these, except that its lines appear in the container's log.
    let isHarmless = rest.isEmpty && SafePath.harmlessTargets.contains(target)
    let isOfUser = isProtected && !Trust.includes(status.user)
    usesLinkOfUser = usesLinkOfUser || isOfUser
    if isProtected, !isHarmless {
      if isOfUser { throw .refused(.init(path, owner: status.user, .link)) }
      if directory.isTainted {
        let user = directory.control.user ?? status.user
        throw .refused(.init(path, owner: status.user, .linkInDirectory(of: user)))
      }
    }
    return try enter(target)
  }

  private static func root() throws(PathProblem) -> SafeDirectory {
    do throws(Errno) {
      let opened = Descriptor(adopting: try checked(unsafe clinux_open_place(-100, "/", 1)))
      let status = try fileStatus(of: opened.raw)
      return SafeDirectory(
        adopting: opened.release(), path: "/", status, .trusted, writers: .root)
    } catch {
      throw .system(error)
    }
  }
}

extension SafeDirectory {
  /// Who controls a directory in this one, where `own` is what its owner and mode say: the users
  /// who may change this directory may have moved a directory of root's to that place.
  fileprivate func control(
    of status: FileStatus, _ own: DirectoryControl, _ path: String
  ) throws(PathProblem) -> DirectoryControl {
    switch control {
    case .user(let user) where user.user != status.user:
      guard Trust.includes(status.user) else {
        throw .refused(.init(path, owner: status.user, .ownerDiffers(from: user.user)))
      }
      return control
    case .shared, .misplaced: return own.isControlledByRoot ? .misplaced : own
    case .trusted, .sticky, .user: return own
    }
  }
}

extension DirectoryControl {
  /// Whether no other user can replace what root has put into the directory.
  var isControlledByRoot: Bool { self == .trusted || self == .sticky }

  /// The unprivileged user to whom the directory belongs.
  var user: UInt32? {
    guard case .user(let identity) = self else { return nil }
    return identity.user
  }
}
