internal import Linux

/// The pid file that `pidproxy` reads, and the process that the file names.
///
/// The program that writes the file is often not root, while `pidproxy` is. The file may therefore
/// be anything: a FIFO, a link, the number of a process of another program or of PID 1.
struct PidFile {
  enum Problem: Error, Equatable {
    case unreadable
    /// The file names this process, which the command has not started, or which has ended.
    case notOfCommand(Int32)
    /// The file belongs to a user other than root, and the process to another user than that.
    case ofOtherUser(Int32)
  }

  let path: String

  /// A number and a line end; a longer file is no pid file.
  private static let maxSize = 64
  /// More ancestors than any daemon has: a chain that changes while it is read ends here.
  private static let maxDepth = 64

  /// Sends a signal to the process that the file names. The process is checked after it has been
  /// opened: a number that is used again meanwhile names another process, which gets no signal.
  func forward(_ signal: Int32, from proxy: Int32 = ThisProcess.identifier) throws(Problem) {
    guard let (pid, owner) = read() else { throw .unreadable }
    // nil before Linux 5.3, and for a process that has ended, which is no descendant.
    let handle = try? openProcess(pid)
    defer { if let handle { closeDescriptor(handle) } }
    guard PidFile.descends(pid, from: proxy) else { throw .notOfCommand(pid) }
    guard owner == 0 || ThisProcess.effectiveUser != 0 || users(ofProcess: pid)?.real == owner
    else { throw .ofOtherUser(pid) }
    if let handle {
      try? sendSignal(signal, toProcessBehind: handle)
    } else {
      try? sendSignal(signal, toProcess: pid)
    }
  }

  /// The number in the file, and the uid to which the file belongs.
  private func read() -> (pid: Int32, owner: UInt32)? {
    guard let opened = try? SafePath.open(path, .read) else { return nil }
    let file = Descriptor(adopting: opened.descriptor)
    var buffer = [UInt8](repeating: 0, count: PidFile.maxSize + 1)
    guard opened.status.kind == .regular, let count = try? readBytes(file.raw, into: &buffer),
      count <= PidFile.maxSize
    else { return nil }
    let blanks: Set<UInt8> = [9, 10, 13, 32]
    let text = buffer[..<count].split { blanks.contains($0) }
    guard text.count == 1, let pid = Int32(String(decoding: text[0], as: UTF8.self)), pid > 0
    else { return nil }
    return (pid, opened.status.user)
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
