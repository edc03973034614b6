internal import Linux

/// The same on the disk: names in the directory of the log, which is used with the rights of the
/// user to whom it belongs.
extension Backups {
  /// The highest number of a file that was set aside.
  private static let maxSetAside = 1000

  /// Throws a refusal for a path that others control.
  func directory() throws(PathProblem) -> SafeDirectory {
    try SafePath.parent(of: path).directory
  }

  func shift(in directory: SafeDirectory) throws(PathProblem) {
    try perform(shift(free: areCompressed ? firstFree(in: directory) : nil), in: directory)
  }

  /// Renames the log to the first number that no file has, also beyond `count`, and returns its
  /// new path; nil: it cannot be renamed.
  func setAside(in directory: SafeDirectory) -> String? {
    let free = (1...Backups.maxSetAside).lazy.filter { !exists($0, in: directory) }
    for number in free {
      do throws(PathProblem) {
        try directory.rename(Backups.name(path), toFree: Backups.name(plain(number)))
        return plain(number)
      } catch {
        // Another supervisor that uses the directory has taken the number meanwhile.
        guard error == .system(.exists) else { return nil }
      }
    }
    return nil
  }

  private func perform(_ steps: [Step], in directory: SafeDirectory) throws(PathProblem) {
    for step in steps {
      do throws(PathProblem) {
        switch step {
        case .rename(let from, let to):
          try directory.rename(Backups.name(from), to: Backups.name(to))
        case .complete(let from, let to):
          try directory.rename(Backups.name(from), toFree: Backups.name(to))
        case .remove(let path): try directory.remove(Backups.name(path))
        }
      } catch {
        guard error == .system(.notFound), step.mayBeMissing else { throw error }
      }
    }
  }

  /// The youngest that can be compressed.
  func firstPlain(in directory: SafeDirectory) -> Int? {
    kept(in: directory).first { number in
      directory.kind(plain(number)) == .regular
        && (!directory.has(compressed(number)) || isForeign(number, in: directory))
    }
  }

  /// The compressed form of this file is whole. Throws EEXIST where the number has one already.
  func finish(_ number: Int, in directory: SafeDirectory) throws(PathProblem) {
    if isForeign(number, in: directory) {
      try directory.remove(Backups.name(compressed(number)))
    }
    try perform(finish(number), in: directory)
  }

  /// Whether the plain file of this number is a log that root has marked, where any user may put a
  /// file, and the compressed one is of such a user, who could keep the log from being compressed.
  private func isForeign(_ number: Int, in directory: SafeDirectory) -> Bool {
    guard let log = try? directory.status(Backups.name(plain(number))),
      let packed = try? directory.status(Backups.name(compressed(number)))
    else { return false }
    return log.isMarked && log.user == 0 && packed.user != 0
  }

  /// Which of them this file is by now; nil for one that has been rotated out, or taken away.
  func number(of file: FileStatus, in directory: SafeDirectory) -> Int? {
    kept(in: directory).first { number in
      guard let found = try? directory.status(Backups.name(plain(number))) else { return false }
      return found.inode == file.inode && found.device == file.device
    }
  }

  /// The last component of a path.
  static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  private func firstFree(in directory: SafeDirectory) -> Int? {
    count == 0 ? nil : (1...count).first { !exists($0, in: directory) }
  }

  /// Up to the first gap: whatever was configured, no more are asked after than there are.
  private func kept(in directory: SafeDirectory) -> Range<Int> {
    1..<(firstFree(in: directory) ?? count + 1)
  }

  private func exists(_ number: Int, in directory: SafeDirectory) -> Bool {
    directory.has(plain(number)) || directory.has(compressed(number))
  }
}

extension SafeDirectory {
  /// nil where nothing has the last name of this path, or where it cannot be looked at.
  fileprivate func kind(_ path: String) -> FileKind? {
    (try? status(Backups.name(path)))?.kind
  }

  fileprivate func has(_ path: String) -> Bool { kind(path) != nil }
}
