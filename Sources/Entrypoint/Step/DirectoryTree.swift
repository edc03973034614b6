internal import Linux
internal import SafeText

/// Everything below a directory, for `recursive=true`: one open directory for each level, so that
/// no path is looked up twice.
///
/// The user of a directory decides what the directory contains. Neither depth, nor names, nor modes
/// that root without CAP_DAC_OVERRIDE or CAP_FOWNER cannot overrule may make the step fail, because
/// no program starts before the step has succeeded.
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
  /// The reason where another process has removed the file or directory meanwhile.
  private static let removed = "it no longer exists"

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
    try StepFailure.trying(top.path) { () throws(PathProblem) in try enter(top) }
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

  private mutating func enter(_ directory: SafeDirectory) throws(PathProblem) {
    let entries = try directory.entries(asSupervisor: true)
    levels.append(Level(directory: directory, entries: entries))
  }

  private mutating func enter(below directory: SafeDirectory) throws(StepFailure) {
    do throws(PathProblem) { try enter(directory) } catch {
      guard error != .system(.notFound) else { return leave(directory.path, Self.removed) }
      let failure = StepFailure(directory.path, error)
      guard failure.isLackOfRights else { throw failure }
      leave(failure.place, "what it contains cannot be read: \(failure.message)")
    }
  }

  /// Reports what root has no right to change: the user of the directory has made such a file.
  private mutating func apply(
    _ wish: FileWish, to raw: Int32, _ path: @autoclosure () -> String
  ) throws(StepFailure) {
    do throws(StepFailure) { try wish.apply(to: raw, path()) } catch {
      guard error.isLackOfRights else { throw error }
      report("cannot be changed completely: \(error.message)", error.place)
    }
  }

  private mutating func settle(_ name: String, in directory: SafeDirectory) throws(StepFailure) {
    let found: SafeDirectory.Opened
    do throws(PathProblem) { found = try directory.place(name, isDirectory: false) } catch {
      let reason = error == .system(.notFound) ? Self.removed : error.message
      return leave(directory.path(of: name), reason)
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
    try apply(wish, to: child.raw, child.path)
    guard levels.count < DirectoryTree.maxDepth else {
      return leave(
        child.path, "what it contains is more than \(DirectoryTree.maxDepth) levels deep")
    }
    try enter(below: child)
  }

  /// Links and special files stay as they are.
  private mutating func settle(
    file: SafeDirectory.Opened, _ name: String, in directory: SafeDirectory
  ) throws(StepFailure) {
    guard file.status.kind == .regular else { return }
    if let reason = directory.objection(to: file.status, wish.user) {
      return leave(directory.path(of: name), reason)
    }
    try apply(wish.withoutMode, to: file.descriptor, directory.path(of: name))
  }

  private mutating func leave(_ path: @autoclosure () -> String, _ reason: String) {
    report("left as it is: \(reason)", path())
  }

  private mutating func report(_ text: String, _ path: @autoclosure () -> String) {
    let now = monotonicNanoseconds()
    reportLeftOut(at: now)
    guard lineLimit.admits(at: now) else { return }
    printErrorLine("directory \(path()): \(text)")
  }

  /// How many lines were not written, once a second and at the end.
  private mutating func reportLeftOut(at now: UInt64) {
    guard let count = lineLimit.takeLeftOut(at: now) else { return }
    printErrorLine(
      "directory \(top.path): \(count) more files and directories left as they are, or changed "
        + "incompletely")
  }
}
