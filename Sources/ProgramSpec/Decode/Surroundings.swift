internal import SafeText

/// What the reader has to ask about the machine it is on. The caller answers, so that reading a
/// configuration is the same everywhere, and can be tested without a disk.
package struct Surroundings {
  package enum CalledAs: Sendable, Equatable { case entrypoint, supervisord }

  package struct User: Sendable, Equatable {
    package var name: String
    package var user: UInt32
    package var group: UInt32
    /// The primary group first.
    package var groups: [UInt32]
    package var home: String
    package var shell: String

    package init(
      name: String, user: UInt32, group: UInt32, groups: [UInt32], home: String, shell: String
    ) {
      self.name = name
      self.user = user
      self.group = group
      self.groups = groups
      self.home = home
      self.shell = shell
    }
  }

  /// A file that the configuration names, as it was when it was read.
  package struct SmallFile: Sendable, Equatable {
    package var bytes: [UInt8]
    package var writers: Writers

    package init(_ bytes: [UInt8], writers: Writers = .root) {
      self.bytes = bytes
      self.writers = writers
    }

    /// Who may change the file, or put another one in its place, besides the supervisor. Always
    /// root where the supervisor has no rights that its programs lack.
    package enum Writers: UInt8, Sendable, CaseIterable {
      case root
      /// Root's group too: a program of another user may run in it.
      case groupOfRoot
      case users
    }
  }

  /// The user for whose processes a file is read, with the primary group of these.
  package struct FileReader: Sendable, Hashable {
    package var user: UInt32
    package var group: UInt32

    package init(user: UInt32, group: UInt32) {
      self.user = user
      self.group = group
    }
  }

  package var environment: [String: String] = [:]
  package var hostName = "localhost"
  package var processors = 1
  package var currentDirectory = "/"
  /// Where relative paths of programs' logs begin, where that is not the current directory.
  var logDirectory: String?
  package var calledAs = CalledAs.entrypoint
  /// Who we are.
  package var credentials = Credentials()
  package var readFile: (String) -> Result<[UInt8], FileProblem> = { _ in .failure(.notFound) }
  /// The same of a file of at most 1 MiB, without waiting for a writer of a FIFO. Where several
  /// users may have put the file there, it is read for the processes of the reader; nil: for those
  /// of all users.
  package var readSmallFile: (_ path: String, FileReader?) -> Result<SmallFile, FileProblem> = {
    _, _ in .failure(.notFound)
  }
  /// Paths that match a shell pattern, sorted.
  package var matches: (String) -> [String] = { _ in [] }
  package var userNamed: (String) -> User? = { _ in nil }
  package var userNumbered: (UInt32) -> User? = { _ in nil }
  package var groupNamed: (String) -> UInt32? = { _ in nil }
  package var isDirectory: (String) -> Bool = { _ in true }
  /// Owner and mode of a file, which is not followed where it is a symbolic link; nil where nothing
  /// is there.
  package var fileFacts: (String) -> FileFacts? = { _ in nil }
  /// The file that the first word of a command means, looked for in a PATH.
  package var command: (_ name: String, _ searchPath: String) -> Result<String, CommandProblem> = {
    _, _ in .failure(.notFound)
  }
  /// Whether PATH leads to a command of that name.
  package var hasCommand: (String) -> Bool = { _ in true }

  package init() {}

  /// Relative paths are taken from where the supervisor was started.
  func absolute(_ path: String) -> String { absolute(path, from: currentDirectory) }

  func absolute(_ path: String, from directory: String) -> String {
    let path = expandingHome(path)
    if path.begins(with: "/") { return path }
    return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
  }

  /// `~` and `~name` at its beginning, as Python's expanduser() has them.
  func expandingHome(_ path: String) -> String {
    guard path.hasPrefix("~") else { return path }
    let name = path.dropFirst().prefix { $0 != "/" }
    let found = name.isEmpty ? environment["HOME"] : userNamed(String(name))?.home
    guard var home = found else { return path }
    while home.hasSuffix("/") { home.removeLast() }
    let whole = home + path.dropFirst(name.count + 1)
    return whole.isEmpty ? "/" : whole
  }

  /// The directory a path stands in.
  static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    let parent = String(path[..<slash])
    return parent.isEmpty ? "/" : parent
  }
}
