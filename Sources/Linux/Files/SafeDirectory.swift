internal import CLinux
internal import Glibc

/// An open directory that a safe walk has reached (see `SafePath`). A name in it is one component:
/// it is never followed where it is a link, and it is used with the identity of the user to whom
/// the directory belongs, so that the supervisor can do no more there than that user.
///
/// A process of an ordinary user has no rights that others could use: for it these are the plain
/// system calls.
package final class SafeDirectory {
  private let descriptor: Descriptor
  /// As it was walked, with links resolved.
  package let path: String
  let control: DirectoryControl
  /// The uid to which the directory belongs.
  package let owner: UInt32
  /// Who may change what some component of the path means.
  let writers: FileWriters
  /// Who may have put a file here.
  let placers: Placers
  /// Who may have put a directory here.
  let directoryPlacers: Placers
  let device: UInt64

  init(
    adopting raw: Int32, path: String, _ status: FileStatus, _ control: DirectoryControl,
    writers: FileWriters, placers: Placers = .none, directoryPlacers: Placers = .none
  ) {
    descriptor = Descriptor(adopting: raw)
    self.path = path
    device = status.device
    owner = status.user
    self.control = control
    self.writers = writers
    self.placers = placers
    self.directoryPlacers = directoryPlacers
  }

  /// An unprivileged user may change what some component of the path means.
  var isTainted: Bool { writers == .users }

  /// O_PATH: for calls relative to the directory.
  package var raw: Int32 { descriptor.raw }

  package func path(of name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

  /// The identity that creates, renames and removes names here.
  package var identity: FileIdentity {
    switch control {
    case .user(let identity): identity
    case .misplaced: .nobody
    case .trusted, .sticky, .shared: .supervisor
    }
  }

  /// fstatat(2) of the name itself; nil: there is nothing of that name.
  package func status(_ name: String) throws(PathProblem) -> FileStatus? {
    do throws(PathProblem) {
      return try act(on: name) { () throws(Errno) in
        var status = stat()
        guard unsafe fstatat(raw, name.systemName, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
          throw Errno.last
        }
        return FileStatus(status)
      }
    } catch {
      if error == .system(.notFound) { return nil }
      throw error
    }
  }

  /// renameat(2).
  package func rename(_ from: String, to: String) throws(PathProblem) {
    try act(on: from) { () throws(Errno) in
      guard unsafe renameat(raw, from.systemName, raw, to.systemName) == 0 else { throw Errno.last }
    }
  }

  /// rename(2) to a name that does not exist. Throws EEXIST.
  package func rename(_ from: String, toFree to: String) throws(PathProblem) {
    try act(on: from) { () throws(Errno) in
      _ = try checked(unsafe clinux_rename_to_free(raw, from.systemName, to.systemName))
    }
  }

  /// unlinkat(2): not a directory.
  package func remove(_ name: String) throws(PathProblem) {
    try act(on: name) { () throws(Errno) in
      guard unsafe unlinkat(raw, name.systemName, 0) == 0 else { throw Errno.last }
    }
  }

  /// unlinkat(2) with AT_REMOVEDIR.
  package func removeDirectory(_ name: String) throws(PathProblem) {
    try act(on: name) { () throws(Errno) in
      guard unsafe unlinkat(raw, name.systemName, AT_REMOVEDIR) == 0 else { throw Errno.last }
    }
  }

  /// mkdirat(2).
  package func makeDirectory(_ name: String, mode: UInt32 = 0o777) throws(PathProblem) {
    try act(on: name) { () throws(Errno) in
      guard unsafe mkdirat(raw, name.systemName, mode) == 0 else { throw Errno.last }
    }
  }

  /// The text of a link.
  func linkTarget(_ name: String) throws(PathProblem) -> String {
    var target = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlinkat(raw, name.systemName, &target, target.count)
    guard count >= 0 else { throw .system(Errno.last) }
    return String(system: target[..<count].map { UInt8(bitPattern: $0) })
  }

  /// The names that `isIncluded` accepts among the first `limit` names, in the order of the file
  /// system.
  package func names(
    among limit: Int, where isIncluded: (String) -> Bool
  ) throws(PathProblem) -> [String] {
    let entries = try entries()
    var names: [String] = []
    do throws(Errno) {
      for _ in 0..<limit {
        guard let name = try entries.next() else { break }
        if isIncluded(name) { names.append(name) }
      }
    } catch { throw .system(error) }
    return names
  }

  /// All names but `.` and `..`, one after another. With root's rights where `asSupervisor`.
  package func entries(asSupervisor: Bool = false) throws(PathProblem) -> DirectoryEntries {
    let open: () throws(Errno) -> DirectoryEntries = { () throws(Errno) in
      let flags = OpenFlags([.read, .directory]).rawValue
      let opened = try checked(unsafe clinux_open_at(self.raw, ".", flags, 0))
      return try DirectoryEntries(adopting: opened)
    }
    guard asSupervisor else { return try act(on: ".", open) }
    do throws(Errno) { return try FileIdentity.supervisor.perform(open) } catch {
      throw .system(error)
    }
  }

  /// Why the rights of the directory's identity are not those of root; nil: they are.
  var lackOfRights: PathRefusal.Reason? {
    switch control {
    case .user(let identity): .beyondRights(of: identity.user)
    case .misplaced: .misplaced
    case .trusted, .sticky, .shared: nil
    }
  }

  /// With the identity of the directory. What its user may not do is a refusal: root could.
  func act<Value>(
    on name: String, _ body: () throws(Errno) -> Value
  ) throws(PathProblem) -> Value {
    do throws(Errno) { return try identity.perform(body) } catch {
      guard error == .accessDenied || error == .notPermitted, let reason = lackOfRights else {
        throw .system(error)
      }
      let component = name == "." ? path : self.path(of: name)
      throw .refused(PathRefusal(component, owner: owner, reason))
    }
  }
}

extension String {
  /// For a system call: its bytes and a zero.
  var systemName: [CChar] { systemBytes.map { CChar(bitPattern: $0) } + [0] }
}
