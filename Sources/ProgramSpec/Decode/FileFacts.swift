internal import SafeText

/// The owner and mode of a file, as far as they decide who may change it.
package struct FileFacts: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32
  /// The twelve permission bits.
  package var mode: UInt32
  /// The text of a symbolic link; nil for any other file.
  package var target: String?

  package init(user: UInt32, group: UInt32, mode: UInt32, target: String? = nil) {
    self.user = user
    self.group = group
    self.mode = mode
    self.target = target
  }

  /// Its owner may change the mode.
  func mayBeChanged(by identity: Identity) -> Bool {
    if user == identity.user || mode & 0o002 != 0 { return true }
    let groups = identity.supplementaryGroups + [identity.group]
    return mode & 0o020 != 0 && groups.contains(group)
  }

  var isSticky: Bool { mode & 0o1000 != 0 }
}

extension Surroundings {
  /// The first component of an absolute path with which this user decides what the path means: a
  /// directory in which the next name may be replaced, a symbolic link, or the file itself. Links
  /// are followed, so the component may lie outside the path. nil: none.
  func component(of path: String, changeableBy identity: Identity) -> String? {
    var walk = LinkWalk(path)
    while let step = walk.next() {
      guard let directory = fileFacts(step.directory) else { return nil }
      let facts = fileFacts(step.path)
      if directory.mayBeChanged(by: identity) {
        // In a sticky directory of another owner only the owner of a name replaces it.
        guard directory.isSticky, directory.user != identity.user else { return step.directory }
        if facts?.target != nil, facts?.user == identity.user { return step.path }
      }
      guard let facts else { return nil }
      if let target = facts.target {
        guard walk.follow(target) else { return nil }
      } else {
        walk.enter(step)
      }
    }
    guard let facts = fileFacts(walk.reached), facts.mayBeChanged(by: identity) else { return nil }
    return walk.reached
  }
}

/// The components of an absolute path in the order in which the kernel looks them up:
/// path_resolution(7). The caller says what each one is.
private struct LinkWalk {
  /// As many as the kernel follows.
  private static let maxLinks = 40

  /// Where the components so far lead, without links.
  private(set) var reached = "/"
  /// Components still to come, the next one last.
  private var rest: [String]
  private var links = 0

  init(_ path: String) { rest = LinkWalk.components(path) }

  mutating func next() -> (directory: String, path: String)? {
    while let name = rest.popLast() {
      if name != ".." { return (reached, reached == "/" ? "/\(name)" : "\(reached)/\(name)") }
      reached = Surroundings.parent(of: reached)
    }
    return nil
  }

  /// The component is no link.
  mutating func enter(_ step: (directory: String, path: String)) { reached = step.path }

  /// The component is a link with this text. False where there have been too many.
  mutating func follow(_ target: String) -> Bool {
    links += 1
    if target.begins(with: "/") { reached = "/" }
    rest += LinkWalk.components(target)
    return links <= LinkWalk.maxLinks
  }

  private static func components(_ path: String) -> [String] {
    path.fields(separatedBy: "/").filter { $0 != "." }.reversed().map(String.init)
  }
}
