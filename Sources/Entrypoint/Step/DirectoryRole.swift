internal import Linux

/// `[directory:x]`: makes directories that are missing and puts owner and mode right only where
/// they are wrong. A blind `chown -R` at each start takes minutes on a large volume.
///
/// Everything is opened without following a link, and changed through what was opened: nobody can
/// put a link to /etc in the way between the look and the change.
package enum DirectoryRole {
  /// `uid|- gid|- mode|- recursive|- path…`
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count > 4 else { return 2 }
    let wish = FileWish(user: arguments[0], group: arguments[1], mode: arguments[2])
    for path in arguments[4...] {
      do throws(StepFailure) {
        try make(path)
        try settle(path, wish, recursive: arguments[3] == "recursive")
      } catch {
        printError("directory \(error.place): \(error.message)\n")
        return 1
      }
    }
    return 0
  }

  /// With its parents, as `mkdir -p`.
  private static func make(_ path: String) throws(StepFailure) {
    var made = ""
    for part in path.split(separator: "/") {
      made += "/\(part)"
      do { try makeDirectory(made) } catch {
        guard error == .exists || (try? fileStatus(made))?.kind == .directory else {
          throw StepFailure(made, error.message)
        }
      }
    }
  }

  private static func settle(
    _ path: String, _ wish: FileWish, recursive: Bool
  ) throws(StepFailure) {
    try wish.apply(to: path, isDirectory: true)
    guard recursive else { return }
    var open = [path]
    while let directory = open.popLast() {
      for name in try entries(of: directory) {
        let entry = "\(directory)/\(name)"
        guard let status = try? fileStatus(entry, followingLinks: false) else {
          printError("directory \(entry): it has gone, or its name is not UTF-8: left alone\n")
          continue
        }
        switch status.kind {
        case .directory:
          try wish.apply(to: entry, isDirectory: true)
          open.append(entry)
        case .regular: try wish.withoutMode.apply(to: entry, isDirectory: false)
        case .link, .pipe, .socket, .characterDevice, .blockDevice: continue
        }
      }
    }
  }

  private static func entries(of directory: String) throws(StepFailure) -> [String] {
    do { return try listDirectory(directory) } catch {
      throw StepFailure(directory, error.message)
    }
  }
}

/// Which file, perhaps with a line, and what is wrong with it.
struct StepFailure: Error {
  var place: String
  var message: String

  init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }
}

/// Owner and mode that a file is to have; nil: whatever it has.
struct FileWish {
  var user: UInt32?
  var group: UInt32?
  var mode: UInt32?

  init(user: String, group: String, mode: String) {
    self.user = UInt32(user)
    self.group = UInt32(group)
    self.mode = UInt32(mode, radix: 8)
  }

  /// The mode of a directory makes files executable.
  var withoutMode: FileWish {
    var wish = self
    wish.mode = nil
    return wish
  }

  func apply(to path: String, isDirectory: Bool) throws(StepFailure) {
    // What is right already need not be opened, which we may have no right to.
    guard !isFulfilled(by: path, isDirectory: isDirectory) else { return }
    do throws(Errno) {
      let flags: OpenFlags = isDirectory ? [.read, .directory, .noFollow] : [.read, .noFollow]
      let file = Descriptor(adopting: try openFile(path, flags.union(.nonBlocking)))
      try apply(to: file.raw)
    } catch {
      throw StepFailure(path, "\(error.message)\(whatWasWanted(of: path))")
    }
  }

  private func isFulfilled(by path: String, isDirectory: Bool) -> Bool {
    guard let status = try? fileStatus(path, followingLinks: false) else { return false }
    if status.kind == .link, user == nil, group == nil, mode == nil {
      return (try? fileStatus(path))?.kind == .directory
    }
    guard status.kind == (isDirectory ? .directory : .regular) else { return false }
    return (user ?? status.user, group ?? status.group, mode ?? status.mode)
      == (status.user, status.group, status.mode)
  }

  /// Whose the file is and whose it should be, where that is what was refused.
  private func whatWasWanted(of path: String) -> String {
    if (try? fileStatus(path, followingLinks: false))?.kind == .link {
      return "; it is a link, which is not followed: write the path that it leads to"
    }
    guard let status = try? fileStatus(path), user ?? status.user != status.user else { return "" }
    return "; it belongs to uid \(status.user) and cannot be given to uid \(user ?? 0) by uid "
      + "\(ThisProcess.effectiveUser)"
  }

  func apply(to raw: Int32) throws(Errno) {
    let status = try fileStatus(of: raw)
    let owner = (user: user ?? status.user, group: group ?? status.group)
    if owner.user != status.user || owner.group != status.group {
      try changeOwner(of: raw, user: owner.user, group: owner.group)
    }
    if let mode, try fileStatus(of: raw).mode != mode { try changeMode(of: raw, mode) }
  }
}
