internal import Linux

/// Everything below a directory, for `recursive=true`: one open directory for each level, so that
/// no path is looked up twice.
struct DirectoryTree {
  private struct Level {
    var directory: SafeDirectory
    /// Still to be looked at, the next one last.
    var names: [String]
  }

  private var levels: [Level] = []
  private let top: SafeDirectory
  private let wish: FileWish

  init(_ top: SafeDirectory, _ wish: FileWish) {
    self.top = top
    self.wish = wish
  }

  mutating func settle() throws(StepFailure) {
    try enter(top)
    while !levels.isEmpty {
      guard let name = levels[levels.count - 1].names.popLast() else {
        levels.removeLast()
        continue
      }
      try settle(name, in: levels[levels.count - 1].directory)
    }
  }

  private mutating func enter(_ directory: SafeDirectory) throws(StepFailure) {
    let names = try StepFailure.trying(directory.path) { () throws(PathProblem) in
      try directory.names(asSupervisor: true)
    }
    levels.append(Level(directory: directory, names: names.reversed()))
  }

  private mutating func settle(_ name: String, in directory: SafeDirectory) throws(StepFailure) {
    let path = directory.path(of: name)
    guard let found = try? directory.place(name, isDirectory: false) else {
      return leave(path, "it no longer exists")
    }
    guard found.status.kind == .directory else {
      defer { closeDescriptor(found.descriptor) }
      return try settle(file: found, in: directory, path)
    }
    guard let child = directory.child(name, found, wish.user) else {
      closeDescriptor(found.descriptor)
      return leave(path, "only its owner may read it, and another user may have put it here")
    }
    try wish.apply(to: child.raw, path)
    try enter(child)
  }

  /// Links and special files stay as they are.
  private func settle(
    file: SafeDirectory.Opened, in directory: SafeDirectory, _ path: String
  ) throws(StepFailure) {
    guard file.status.kind == .regular else { return }
    if let reason = directory.objection(to: file.status, wish.user) { return leave(path, reason) }
    try wish.withoutMode.apply(to: file.descriptor, path)
  }

  private func leave(_ path: String, _ reason: String) {
    printErrorLine("directory \(path): left as it is: \(reason)")
  }
}
