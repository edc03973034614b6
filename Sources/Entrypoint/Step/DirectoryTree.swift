internal import Linux
internal import SafeText

/// Everything below a directory, for `recursive=true`: one open directory for each level, so that
/// no path is looked up twice.
///
/// The user of a directory decides what is below it. Neither its depth nor its names may keep the
/// step from its end, because no program starts before.
struct DirectoryTree {
  private struct Level {
    var directory: SafeDirectory
    /// What is still to be looked at.
    var entries: DirectoryEntries

    func nextName() throws(StepFailure) -> String? {
      do throws(Errno) { return try entries.next() } catch {
        throw StepFailure(directory.path, .system(error))
      }
    }
  }

  /// Each level takes two descriptors, of which a process may have few, and the text of its path.
  private static let maxDepth = 128

  private var levels: [Level] = []
  private let top: SafeDirectory
  private let wish: FileWish
  /// A user can make any number of files that are left as they are.
  private var lineLimit = LineLimit()

  init(_ top: SafeDirectory, _ wish: FileWish) {
    self.top = top
    self.wish = wish
  }

  mutating func settle() throws(StepFailure) {
    defer { reportLeftOut(at: .max) }
    try enter(top)
    while !levels.isEmpty {
      WaitLimit.renew()
      let level = levels[levels.count - 1]
      if let name = try level.nextName() {
        try settle(name, in: level.directory)
      } else {
        levels.removeLast()
      }
    }
  }

  private mutating func enter(_ directory: SafeDirectory) throws(StepFailure) {
    let entries: DirectoryEntries
    do throws(PathProblem) { entries = try directory.entries(asSupervisor: true) } catch {
      // Another process has removed it meanwhile.
      guard error == .system(.notFound) else { throw StepFailure(directory.path, error) }
      return leave(directory.path, "it no longer exists")
    }
    levels.append(Level(directory: directory, entries: entries))
  }

  private mutating func settle(_ name: String, in directory: SafeDirectory) throws(StepFailure) {
    guard let found = try? directory.place(name, isDirectory: false) else {
      return leave(directory.path(of: name), "it no longer exists")
    }
    guard found.status.kind == .directory else {
      defer { closeDescriptor(found.descriptor) }
      return try settle(file: found, name, in: directory)
    }
    guard let child = directory.child(name, found, wish.user) else {
      closeDescriptor(found.descriptor)
      return leave(
        directory.path(of: name),
        "only its owner may read it, and another user may have put it here")
    }
    try wish.apply(to: child.raw, child.path)
    guard levels.count < DirectoryTree.maxDepth else {
      return leave(
        child.path, "what it contains is more than \(DirectoryTree.maxDepth) levels deep")
    }
    try enter(child)
  }

  /// Links and special files stay as they are.
  private mutating func settle(
    file: SafeDirectory.Opened, _ name: String, in directory: SafeDirectory
  ) throws(StepFailure) {
    guard file.status.kind == .regular else { return }
    if let reason = directory.objection(to: file.status, wish.user) {
      return leave(directory.path(of: name), reason)
    }
    try wish.withoutMode.apply(to: file.descriptor, directory.path(of: name))
  }

  private mutating func leave(_ path: @autoclosure () -> String, _ reason: String) {
    let now = monotonicNanoseconds()
    reportLeftOut(at: now)
    guard lineLimit.admits(at: now) else { return }
    printErrorLine("directory \(path()): left as it is: \(reason)")
  }

  /// How many lines were not written, once a second and at the end.
  private mutating func reportLeftOut(at now: UInt64) {
    guard let count = lineLimit.takeLeftOut(at: now) else { return }
    printErrorLine("directory \(top.path): \(count) more files and directories left as they are")
  }
}
