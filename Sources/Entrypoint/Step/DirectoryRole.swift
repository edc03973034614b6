internal import Linux

/// `[directory:x]`: makes directories that are missing and puts owner and mode right only where
/// they are wrong. A blind `chown -R` at each start takes minutes on a large volume.
///
/// Everything is opened without following a link, and changed by its descriptor: no program can put
/// a link to /etc in its place between the check and the change.
package enum DirectoryRole {
  /// `uid|- gid|- mode|- recursive|- path…`
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count > 4 else { return 2 }
    let wish = FileWish(user: arguments[0], group: arguments[1], mode: arguments[2])
    WaitLimit.begin()
    for path in arguments[4...] {
      WaitLimit.renew()
      do throws(StepFailure) {
        try settle(path, wish, recursive: arguments[3] == "recursive")
      } catch {
        printErrorLine("directory \(error.place): \(error.message)")
        return 1
      }
    }
    return 0
  }

  private static func settle(
    _ path: String, _ wish: FileWish, recursive: Bool
  ) throws(StepFailure) {
    let directory = try StepFailure.trying(path) { () throws(PathProblem) in
      try make(path, wish)
    }
    guard let directory else { return }
    try wish.apply(to: directory.raw, directory.path)
    guard recursive else { return }
    var tree = DirectoryTree(directory, wish)
    try tree.settle()
  }

  /// With its parents, as `mkdir -p`. nil for a link to a directory of which nothing is requested.
  private static func make(
    _ path: String, _ wish: FileWish
  ) throws(PathProblem) -> SafeDirectory? {
    let path = path.withoutTrailingSlashes
    guard path != "/" else { return try SafePath.directory(path) }
    let (parent, name) = try SafePath.parent(of: path, makingDirectories: true)
    var status = try parent.status(name)
    if status == nil {
      do throws(PathProblem) { try parent.makeDirectory(name) } catch {
        guard error == .system(.exists) else { throw error }
      }
      status = try parent.status(name)
    }
    if status?.kind == .link {
      guard wish.isEmpty else { throw .system(.tooManyLinks) }
      _ = try SafePath.directory(path)
      return nil
    }
    return try parent.openForOwner(name, wish.user)
  }
}

extension String {
  fileprivate var withoutTrailingSlashes: String {
    var path = self[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }
}
