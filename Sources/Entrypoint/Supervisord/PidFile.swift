internal import Linux

/// The pid file that `pidproxy` reads, and the process that the file names.
///
/// The program that writes the file is often not root, while `pidproxy` is. The file may therefore
/// be anything: a FIFO, a link, the number of a process of another program or of PID 1.
struct PidFile {
  enum Problem: Error, Equatable {
    case unreadable
    /// The file names this process, which the command has not started, or which has ended. nil: not
    /// every user may read the file, so its number must not be shown.
    case notOfCommand(Int32?)
    /// The file belongs to a user other than root, and the process neither to this user nor, unless
    /// it is root's, to the user of the command.
    case ofOtherUser(Int32)
  }

  private struct Contents {
    var pid: Int32
    /// The uid to which the file belongs.
    var owner: UInt32
    var isForAllUsers: Bool
  }

  let path: String

  /// A number and a line end; a longer file is no pid file.
  private static let maxSize = 64
  /// More ancestors than any daemon has: a chain that changes while it is read ends here.
  private static let maxDepth = 64

  /// Sends a signal to the process that the file names. The process is checked after it has been
  /// opened: a number that is used again meanwhile names another process, which gets no signal.
  func forward(_ signal: Int32, to command: Int32) throws(Problem) {
    guard let contents = read() else { throw .unreadable }
    let pid = contents.pid
    // nil before Linux 5.3, and for a process that has ended, which is no descendant.
    let handle = try? openProcess(pid)
    defer { if let handle { closeDescriptor(handle) } }
    guard PidFile.descends(pid, from: ThisProcess.identifier) else {
      throw .notOfCommand(contents.isForAllUsers ? pid : nil)
    }
    guard PidFile.mayName(pid, owner: contents.owner, command) else { throw .ofOtherUser(pid) }
    if let handle {
      try? sendSignal(signal, toProcessBehind: handle)
    } else {
      try? sendSignal(signal, toProcess: pid)
    }
  }

  /// A daemon of root's often writes a private file into the directory of its user. Root may read
  /// such a file, because its number is used only for a process of the command.
  private func read() -> Contents? {
    guard let opened = try? SafePath.openUndisclosed(path) else { return nil }
    let file = Descriptor(adopting: opened.descriptor)
    var buffer = readBuffer(size: PidFile.maxSize + 1)
    guard let count = try? readBytes(file.raw, into: &buffer), count <= PidFile.maxSize else {
      return nil
    }
    let blanks: Set<UInt8> = [9, 10, 13, 32]
    let text = buffer[..<count].split { blanks.contains($0) }
    guard text.count == 1, let pid = Int32(String(decoding: text[0], as: UTF8.self)), pid > 0
    else { return nil }
    let status = opened.status
    return Contents(pid: pid, owner: status.user, isForAllUsers: status.mode & 0o004 != 0)
  }

  /// Whether a file of this owner may name the process. The user of the command may differ from the
  /// owner, as where a script makes the file. A user's file never names a process of root.
  private static func mayName(_ pid: Int32, owner: UInt32, _ command: Int32) -> Bool {
    guard owner != 0, ThisProcess.effectiveUser == 0 else { return true }
    guard let user = users(ofProcess: pid)?.real else { return false }
    return user == owner || (user != 0 && user == users(ofProcess: command)?.real)
  }

  /// Whether the command has started the process. A daemon, whose parent has exited, is a child of
  /// `proxy`, which adopts all orphans below it. PID 1 and its roles are never below it.
  private static func descends(_ pid: Int32, from proxy: Int32) -> Bool {
    var next = pid
    for _ in 0..<maxDepth {
      guard let parent = ProcessUsage.of(next)?.parent, parent > 0 else { return false }
      if parent == proxy { return true }
      next = parent
    }
    return false
  }
}
