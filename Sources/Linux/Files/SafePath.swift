internal import SafeText

/// Paths that root uses although other users may control parts of them.
///
/// The path is opened component by component without following links (openat(2), O_NOFOLLOW), and
/// from the first directory of an unprivileged user on the supervisor acts with that user's own
/// file-system identity. What is not safe throws a `PathRefusal`, which names the component.
package enum SafePath {
  /// Where a path leads.
  package enum Place {
    /// A name in a directory; what it names exists or not, and was no link when it was looked at.
    case entry(SafeDirectory, String)
    /// One of the container's own descriptors: `/dev/stdout`, or a link to it. Never opened by its
    /// path. `isByUser`: over a link that an unprivileged user has made.
    case descriptor(Int32, isByUser: Bool)
  }

  /// Links are followed to the last component, where this is safe.
  package static func resolve(_ path: String) throws(PathProblem) -> Place {
    var walk = try PathWalk()
    return try walk.resolve(absolute(path))
  }

  /// The directory in which the last component stands, and that component, which is not followed.
  /// Missing directories are made where `makingDirectories`, each with the identity of the user to
  /// whom its parent belongs.
  package static func parent(
    of path: String, makingDirectories: Bool = false
  ) throws(PathProblem) -> (directory: SafeDirectory, name: String) {
    let path = absolute(path)
    let bytes = path.utf8
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")),
      slash != bytes.index(before: bytes.endIndex)
    else { throw .system(.isDirectory) }
    let name = String(path[bytes.index(after: slash)...])
    guard name != ".", name != ".." else { throw .system(.isDirectory) }
    var walk = try PathWalk(makingDirectories: makingDirectories)
    return (try walk.directory(slash == path.startIndex ? "/" : String(path[..<slash])), name)
  }

  /// The directory itself.
  package static func directory(_ path: String) throws(PathProblem) -> SafeDirectory {
    var walk = try PathWalk()
    return try walk.directory(absolute(path))
  }

  /// Opens a file, or makes it where `mode` is given: see `SafeDirectory.open`. Throws EINVAL for a
  /// path that leads to one of the container's own descriptors.
  package static func open(
    _ path: String, _ flags: OpenFlags, creating mode: UInt32? = nil,
    for writer: FileIdentity? = .supervisor, as reader: SharedReader? = nil
  ) throws(PathProblem) -> SafeDirectory.Opened {
    guard case .entry(let directory, let name) = try resolve(path) else {
      throw .system(.notRegular)
    }
    return try directory.open(name, flags, creating: mode, for: writer, as: reader)
  }

  /// Opens a regular file for reading: see `SafeDirectory.openUndisclosed`.
  package static func openUndisclosed(
    _ path: String
  ) throws(PathProblem) -> SafeDirectory.Opened {
    guard case .entry(let directory, let name) = try resolve(path) else {
      throw .system(.notRegular)
    }
    return try directory.openUndisclosed(name)
  }

  /// The whole of a regular file. Throws EISDIR for a directory, EINVAL for anything else, EFBIG
  /// beyond `limit` bytes. Where several users may have put the file there, it is read for this
  /// reader; nil: the caller shows the contents only to the user who started this process.
  package static func read(
    _ path: String, limit: Int = 16 << 20, for reader: SharedReader? = .all
  ) throws(PathProblem) -> [UInt8] {
    try readWithWriters(path, limit: limit, for: reader).bytes
  }

  /// The same, with who may change this file or put another one in its place: only root for a
  /// process of an ordinary user, which has no rights that others could use.
  package static func readWithWriters(
    _ path: String, limit: Int, for reader: SharedReader? = .all
  ) throws(PathProblem) -> (bytes: [UInt8], writers: FileWriters) {
    guard case .entry(let directory, let name) = try resolve(path) else {
      throw .system(.notRegular)
    }
    let opened = try directory.open(name, .read, as: reader)
    let file = Descriptor(adopting: opened.descriptor)
    switch opened.status.kind {
    case .regular, .characterDevice, .blockDevice: break
    case .directory: throw .system(.isDirectory)
    case .link, .pipe, .socket: throw .system(.notRegular)
    }
    do throws(Errno) {
      return (try fileContents(of: file.raw, limit), directory.writers(of: opened))
    } catch {
      throw .system(error)
    }
  }

  /// Whether something is at the path, whose links are followed where this is safe. Throws ENOTDIR
  /// and the like, and refusals; a missing directory is an answer.
  package static func exists(_ path: String) throws(PathProblem) -> Bool {
    do throws(PathProblem) {
      guard case .entry(let directory, let name) = try resolve(path) else { return true }
      return try directory.status(name) != nil
    } catch {
      guard error == .system(.notFound) else { throw error }
      return false
    }
  }

  /// Whether only root can change what is at the path, which is not a directory. Always true for a
  /// process of an ordinary user.
  package static func onlyRootMayChange(_ path: String) -> Bool {
    guard FileIdentity.isPrivileged else { return true }
    guard case .entry(let directory, let name)? = try? resolve(path),
      directory.control.isControlledByRoot, !directory.isTainted,
      let status = try? directory.status(name)
    else { return false }
    return Trust.includes(status.user) && status.mode & 0o022 == 0
  }

  /// Whether only root can put something at the path. Always true for a process of an ordinary
  /// user.
  package static func onlyRootMayPlace(_ path: String) -> Bool {
    guard FileIdentity.isPrivileged else { return true }
    guard case .entry(let directory, _)? = try? resolve(path) else { return false }
    return directory.control == .trusted && !directory.isTainted
  }

  /// Whether users other than root and `user` may change what the path means, as far as its
  /// directories exist and can be entered. Never for a process of an ordinary user.
  package static func othersMayChange(_ path: String, except user: UInt32) -> Bool {
    guard FileIdentity.isPrivileged, var walk = try? PathWalk() else { return false }
    let directory = walk.reach(absolute(path))
    guard directory.control.user != user else { return false }
    return directory.control != .trusted || directory.isTainted
  }

  /// Removes a regular file. Anything else of that name, a link for example, stays.
  package static func removeRegular(_ path: String) throws(PathProblem) {
    let (directory, name) = try parent(of: path)
    guard try directory.status(name)?.kind == .regular else { return }
    try directory.remove(name)
  }

  private static func absolute(_ path: String) -> String {
    path.begins(with: "/") || path.isEmpty ? path : "\(currentDirectory())/\(path)"
  }

  /// Text of links that any user may make: no file of another user is reached by them.
  static let harmlessTargets: Set<String> = [
    "/dev/stdout", "/dev/stderr", "/dev/null", "/dev/fd/1", "/dev/fd/2", "/proc/self/fd/1",
    "/proc/self/fd/2", "/proc/1/fd/1", "/proc/1/fd/2",
  ]

  /// The number that these components name.
  static func ownDescriptor(_ components: [String]) -> Int32? {
    switch components {
    case ["dev", "stdout"]: return 1
    case ["dev", "stderr"]: return 2
    default: break
    }
    let number: String? =
      switch components.count {
      case 3 where components.starts(with: ["dev", "fd"]): components[2]
      case 4 where components.starts(with: ["proc", "self", "fd"]): components[3]
      case 4 where components.starts(with: ["proc", "1", "fd"]): components[3]
      default: nil
      }
    return number.flatMap { Int32($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }
}
